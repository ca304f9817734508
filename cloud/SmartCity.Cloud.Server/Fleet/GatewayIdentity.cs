namespace SmartCity.Cloud.Server.Fleet;

/// <summary>The gateway at the other end of a connection, as its certificate says.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="KeyHash">SHA-256 of its public key.</param>
/// <param name="Serial">Serial number of the certificate, hexadecimal.</param>
/// <param name="NotAfter">End of the certificate.</param>
/// <param name="HasEnded">Whether the certificate had ended at the handshake, so that it serves for a renewal alone.</param>
internal sealed record GatewayIdentity(string Gateway, byte[] KeyHash, string Serial, DateTimeOffset NotAfter, bool HasEnded);
