using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>
/// An authenticator with one P-256 key, and the browser around it: what both of WebAuthn's calls answer, as JSON. What it says of itself can be set, so
/// that it lies as an attacker's would.
/// </summary>
internal sealed class SoftwareAuthenticator(string origin) : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] Id { get; init; } = RandomNumberGenerator.GetBytes(32);
    public string Origin { get; set; } = origin;
    public bool IsCrossOrigin { get; set; }
    /// <summary>Null: that of the question.</summary>
    public string? RpId { get; set; }
    public bool IsUserPresent { get; set; } = true;
    public bool IsUserVerified { get; set; } = true;
    public uint Counter { get; set; }
    /// <summary>How far it counts at each use; 0 for one that does not count.</summary>
    public uint Step { get; set; } = 1;
    public byte[] UserHandle { get; set; } = [];

    /// <summary>Answers <c>navigator.credentials.create</c>.</summary>
    public object Make(JsonElement options)
    {
        UserHandle = Base64Url.DecodeFromChars(options.GetProperty("user").GetProperty("id").GetString());
        var point = _key.ExportParameters(false).Q;
        byte[] publicKey = [0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20, .. point.X!, 0x22, 0x58, 0x20, .. point.Y!];
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)Id.Length);
        byte[] data = [.. DataOf(options.GetProperty("rp").GetProperty("id").GetString()!, 0x40), .. new byte[16], .. length, .. Id, .. publicKey];
        byte[] attestation = [0xA3, 0x63, .. "fmt"u8, 0x64, .. "none"u8, 0x67, .. "attStmt"u8, 0xA0, 0x68, .. "authData"u8, 0x58, checked((byte)data.Length), .. data];
        return Credential(new { clientDataJSON = Text(ClientOf(options, "webauthn.create")), attestationObject = Text(attestation), transports = new[] { "internal" } });
    }

    /// <summary>Answers <c>navigator.credentials.get</c>.</summary>
    public object Prove(JsonElement options, Action<byte[]>? tamper = null)
    {
        Counter += Step;
        var client = ClientOf(options, "webauthn.get");
        var data = DataOf(options.GetProperty("rpId").GetString()!, 0);
        var signature = _key.SignData([.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        tamper?.Invoke(signature);
        return Credential(new { clientDataJSON = Text(client), authenticatorData = Text(data), signature = Text(signature), userHandle = Text(UserHandle) });
    }

    public void Dispose() => _key.Dispose();

    private byte[] DataOf(string rpId, byte more)
    {
        var counter = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(counter, Counter);
        return [.. SHA256.HashData(Encoding.UTF8.GetBytes(RpId ?? rpId)), (byte)(more | (IsUserPresent ? 0x01 : 0) | (IsUserVerified ? 0x04 : 0)), .. counter];
    }

    private byte[] ClientOf(JsonElement options, string type) =>
        JsonSerializer.SerializeToUtf8Bytes(new { type, challenge = options.GetProperty("challenge").GetString(), origin = Origin, crossOrigin = IsCrossOrigin });

    private object Credential(object response) => new { id = Text(Id), rawId = Text(Id), type = "public-key", response, clientExtensionResults = new { }, authenticatorAttachment = "platform" };

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
