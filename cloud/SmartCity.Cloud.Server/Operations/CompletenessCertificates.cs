using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Log;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>
/// Certificates of what came from a gateway within an hour, signed by the server: who has one can show later, without the server, which numbers came, which
/// never will, and by the hash that no row was changed since. A certificate is a JWS in compact form (RFC 7515) under ES256 (RFC 7518, 3.4), so that any
/// library of the kind reads it; its payload is JSON.
/// </summary>
internal sealed class CompletenessCertificates : IDisposable
{
    private readonly ECDsa _key;

    private CompletenessCertificates(ECDsa key)
    {
        _key = key;
        PublicKey = key.ExportSubjectPublicKeyInfoPem() + "\n";
        KeyId = SigningKey.IdOf(key);
    }

    /// <summary>The key by which signatures are checked, PEM.</summary>
    public string PublicKey { get; }

    /// <summary>Its thumbprint, which each certificate names: the first 16 bytes of SHA-256 over the key's DER, in hexadecimal.</summary>
    public string KeyId { get; }

    /// <summary>Opens the server's key, or makes it; readable by its owner alone.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="CryptographicException">The file is no private key of P-256.</exception>
    public static CompletenessCertificates Open(string data) => new(SigningKey.Open(data, "completeness"));

    public void Dispose() => _key.Dispose();

    /// <summary>One certificate for each gateway and hour; an hour that is not over has one that says so.</summary>
    /// <param name="hours">As the log gives them, ordered by gateway and hour.</param>
    /// <param name="now">The server's time.</param>
    public IReadOnlyList<HourCertificate> Issue(IReadOnlyList<LaneHour> hours, DateTimeOffset now) =>
        [.. hours.GroupBy(hour => (hour.Gateway, hour.Hour)).Select(group =>
        {
            var begin = UnixMicros.ToTime(group.Key.Hour);
            var isFinal = begin + TimeSpan.FromHours(1) <= now;
            var payload = JsonSerializer.SerializeToUtf8Bytes(new
            {
                version = 1, gateway = group.Key.Gateway, hour = Text(begin), final = isFinal, issued = Text(now),
                lanes = group.Select(lane => new
                {
                    lane = Lanes.NameOf(lane.Lane), epoch = lane.Epoch.ToString(CultureInfo.InvariantCulture), lane.First, lane.Last, lane.Received, lane.Rows,
                    root = Convert.ToHexStringLower(lane.Root),
                    missing = lane.Missing.Select(range => new { range.First, range.Last, reason = range.Reason.ToString().ToLowerInvariant() }),
                }),
            }, JsonSerializerOptions.Web);
            return new HourCertificate(group.Key.Gateway, begin, isFinal, group.Sum(lane => lane.Received),
                group.Sum(lane => lane.Missing.Sum(range => range.Last - range.First + 1)), Sign(payload));
        })];

    /// <summary>Checks a certificate without any server.</summary>
    /// <param name="certificate">A JWS in compact form.</param>
    /// <param name="publicKey">The signer's key, PEM.</param>
    /// <returns>Its payload where it holds, else why it does not.</returns>
    public static (JsonElement? Payload, string? Wrong) Verify(string certificate, string publicKey)
    {
        var parts = certificate.Trim().Split('.');
        if (parts.Length != 3) return (null, "is no certificate: three parts joined by full stops are needed");
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(publicKey);
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
            // What the header says is checked, never followed: a certificate must not choose how it is verified.
            if (header.RootElement.GetProperty("alg").GetString() != "ES256" || key.KeySize != 256) return (null, "is not signed by ES256");
            if (!key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
                return (null, header.RootElement.TryGetProperty("kid", out var id) && id.GetString() != SigningKey.IdOf(key) ? "is signed by another key, or was changed" : "was changed, or its signature is not the key's");
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return (payload.RootElement.Clone(), null);
        }
        catch (Exception error) when (error is FormatException or JsonException or CryptographicException or ArgumentException or KeyNotFoundException or InvalidOperationException)
        {
            return (null, $"cannot be read: {error.Message}");
        }
    }

    private string Sign(byte[] payload)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new { alg = "ES256", kid = KeyId, typ = "smartcity-completeness" });
        var text = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        lock (_key) return $"{text}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))}";
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A certificate in a list.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Hour">Begin of the hour.</param>
/// <param name="Final">Whether the hour was over, so that nothing is added to it.</param>
/// <param name="Received">Numbers that came with a value.</param>
/// <param name="Missing">Numbers that became known as never to come.</param>
/// <param name="Certificate">The signed certificate, a JWS in compact form.</param>
internal sealed record HourCertificate(string Gateway, DateTimeOffset Hour, bool Final, long Received, long Missing, string Certificate);
