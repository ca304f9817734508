using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>A gateway in the list. Times are µs since 1970 UTC.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="State">connected, offline, pending or revoked.</param>
/// <param name="Enrolled">Since when its key holds.</param>
/// <param name="CertificateEnds">End of its newest certificate.</param>
/// <param name="LastBatch">When values came last.</param>
/// <param name="CodeExpires">End of an open code.</param>
/// <param name="HasClaim">Whether its box has a secret that is not used yet.</param>
/// <param name="Voucher">Who has vouched for that box.</param>
/// <param name="Software">Its software.</param>
/// <param name="Revoked">When it was revoked.</param>
/// <param name="Reason">Why.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Site">Its site.</param>
/// <param name="Area">Its area.</param>
public sealed record GatewayRow(string Gateway, string State, long? Enrolled, long? CertificateEnds, long? LastBatch, long? CodeExpires, bool HasClaim, string? Voucher, string? Software, long? Revoked, string? Reason, string? Name = null, string? Site = null, string? Area = null);

/// <summary>A secret as a page shows it, this once.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Code">What is typed at the box.</param>
/// <param name="Symbol">The QR symbol, SVG.</param>
/// <param name="Fingerprint">SHA-256 of the city's root.</param>
/// <param name="Expires">µs since 1970 UTC; null for a secret without an end.</param>
/// <param name="Address">Address of this server, as whoever made it reaches it.</param>
public sealed record MadeSecretView(string Gateway, string Code, string Symbol, string Fingerprint, long? Expires, string Address);

/// <summary>The page of all gateways.</summary>
/// <param name="Page">The request.</param>
/// <param name="Rows">Gateways.</param>
/// <param name="Next">Address of further ones.</param>
/// <param name="MayMake">Whether whoever looks may make codes and revoke.</param>
/// <param name="Made">What has just been made.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Error">What could not be done.</param>
/// <param name="Search">What was searched for.</param>
public sealed record GatewaysModel(PageContext Page, IReadOnlyList<GatewayRow> Rows, string? Next, bool MayMake, MadeSecretView? Made = null, string? Notice = null, string? Error = null, string? Search = null);

/// <summary>A certificate that was issued. Times are µs since 1970 UTC.</summary>
/// <param name="Serial">Serial number.</param>
/// <param name="Issued">When.</param>
/// <param name="Ends">Until when it holds.</param>
/// <param name="How">code, claim, key or renewal.</param>
public sealed record CertificateRow(string Serial, long Issued, long Ends, string How);

/// <summary>The page of one gateway.</summary>
/// <param name="Page">The request.</param>
/// <param name="Row">The gateway.</param>
/// <param name="Certificates">What was issued to it.</param>
/// <param name="MayMake">Whether whoever looks may make codes and revoke.</param>
/// <param name="Made">What has just been made.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Error">What could not be done.</param>
/// <param name="Twin">Its configuration; null where it is not shown.</param>
public sealed record GatewayModel(PageContext Page, GatewayRow Row, IReadOnlyList<CertificateRow> Certificates, bool MayMake, MadeSecretView? Made = null, string? Notice = null, string? Error = null, TwinModel? Twin = null);
