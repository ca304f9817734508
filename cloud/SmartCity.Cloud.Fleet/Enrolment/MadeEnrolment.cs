namespace SmartCity.Cloud.Fleet.Enrolment;

/// <summary>A secret as it is shown this once.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Code">What <c>smartcity-gateway enrol --code</c> takes: the secret, and the beginning of the root's fingerprint.</param>
/// <param name="Qr">The same for a QR symbol, with the id and the whole fingerprint.</param>
/// <param name="Fingerprint">SHA-256 of the city's root, hexadecimal.</param>
/// <param name="ValidFor">How long it holds; null = without end.</param>
public sealed record MadeEnrolment(string Gateway, string Code, string Qr, string Fingerprint, TimeSpan? ValidFor);
