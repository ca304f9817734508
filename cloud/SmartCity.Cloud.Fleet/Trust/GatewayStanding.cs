namespace SmartCity.Cloud.Fleet.Trust;

/// <summary>How a gateway stands with the city. Times are µs since 1970 UTC.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Revoked">When it was revoked; null where it is not.</param>
/// <param name="Reason">Why.</param>
/// <param name="Enrolled">Since when its key holds; null where none does.</param>
/// <param name="CertificateEnds">End of its newest certificate; null where it has none that holds.</param>
/// <param name="LastIssued">When it was last issued one.</param>
/// <param name="Serial">Serial number of that one.</param>
/// <param name="CodeExpires">End of an enrolment code that is open; null where none is.</param>
/// <param name="Claim">The claim secret on its box; null where it has none.</param>
public sealed record GatewayStanding(string Gateway, long? Revoked, string? Reason, long? Enrolled, long? CertificateEnds, long? LastIssued, string? Serial, long? CodeExpires, ClaimStanding? Claim);

/// <summary>A claim secret. Times are µs since 1970 UTC.</summary>
/// <param name="Made">When it was made.</param>
/// <param name="Vouched">When an installer vouched for its box; null where nobody has.</param>
/// <param name="Voucher">Who.</param>
/// <param name="Used">When the box enrolled with it; null where it has not.</param>
public sealed record ClaimStanding(long Made, long? Vouched, string? Voucher, long? Used);
