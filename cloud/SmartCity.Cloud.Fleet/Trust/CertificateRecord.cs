namespace SmartCity.Cloud.Fleet.Trust;

/// <summary>A certificate that was issued to a gateway. Times are µs since 1970 UTC.</summary>
/// <param name="Serial">Serial number, hexadecimal.</param>
/// <param name="Issued">When.</param>
/// <param name="Ends">Until when it holds.</param>
/// <param name="How"><c>code</c>, <c>claim</c>, <c>key</c> or <c>renewal</c>.</param>
/// <param name="Key">SHA-256 of its public key, hexadecimal.</param>
public sealed record CertificateRecord(string Serial, long Issued, long Ends, string How, string Key);
