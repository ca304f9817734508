using System.Text.Json;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>Checks files of completeness certificates by the signer's public key alone.</summary>
internal static class CertificateCheck
{
    /// <summary>Columns of what is found.</summary>
    public static readonly string[] Columns = ["holds", "gateway", "hour", "final", "lanes", "received", "missing", "reason"];

    /// <summary>Checks each certificate of a file.</summary>
    /// <returns>A row a certificate.</returns>
    /// <exception cref="CommandException">A file cannot be read, or holds none.</exception>
    public static async Task<IReadOnlyList<IReadOnlyList<object?>>> RunAsync(string file, string key, CancellationToken cancellationToken)
    {
        try
        {
            var publicKey = await File.ReadAllTextAsync(key, cancellationToken);
            var certificates = Certificates(await File.ReadAllTextAsync(file, cancellationToken));
            if (certificates.Length == 0) throw new CommandException($"{file} holds no certificate.");
            return [.. certificates.Select(certificate => Check(certificate, publicKey))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CommandException(error.Message, error);
        }
    }

    private static IReadOnlyList<object?> Check(string certificate, string publicKey)
    {
        var (payload, wrong) = CompletenessCertificates.Verify(certificate, publicKey);
        if (payload is not { } held) return [false, null, null, null, null, null, null, wrong];
        JsonElement[] lanes = [.. held.GetProperty("lanes").EnumerateArray()];
        return
        [
            true, held.GetProperty("gateway").GetString(), held.GetProperty("hour").GetString(), held.GetProperty("final").GetBoolean(), lanes.Length, lanes.Sum(lane => lane.GetProperty("received").GetInt64()),
            lanes.Sum(lane => lane.GetProperty("missing").EnumerateArray().Sum(range => range.GetProperty("last").GetInt64() - range.GetProperty("first").GetInt64() + 1)), null,
        ];
    }

    private static string[] Certificates(string text)
    {
        if (!text.TrimStart().StartsWith('{') && !text.TrimStart().StartsWith('[')) return text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        using var json = JsonDocument.Parse(text);
        var items = json.RootElement.ValueKind == JsonValueKind.Array ? json.RootElement : json.RootElement.TryGetProperty("items", out var list) ? list : default;
        return items.ValueKind != JsonValueKind.Array ? []
            : [.. items.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("certificate", out var certificate) ? certificate.GetString() : null).OfType<string>()];
    }
}
