namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>What a gateway sends to be enrolled.</summary>
/// <param name="Code">Its enrolment code or claim secret; left out by one whose key is known already.</param>
/// <param name="Csr">PKCS #10 signing request, PEM, of at most 16 KiB; the key is P-256, P-384, P-521 or RSA of 2048 to 4096 bits.</param>
internal sealed record EnrolRequest(string? Code, string? Csr);

/// <summary>What a gateway sends, over mutual TLS, to have its certificate renewed.</summary>
/// <param name="Csr">PKCS #10 signing request, PEM, for the key that it has shown.</param>
internal sealed record RenewRequest(string? Csr);

/// <summary>The identity of a gateway.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="City">Name of the city in it.</param>
/// <param name="Certificate">Its certificate and that of its issuer, PEM.</param>
/// <param name="Authorities">The roots to trust, PEM.</param>
/// <param name="UplinkPort">Port of the uplink on this server.</param>
/// <param name="NotAfter">End of the certificate.</param>
/// <param name="ServerTime">The server's clock.</param>
internal sealed record IssuedIdentity(string Gateway, string City, string Certificate, string Authorities, int UplinkPort, DateTimeOffset NotAfter, DateTimeOffset ServerTime);

/// <summary>A gateway as the fleet knows it.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="State">connected, offline, pending (it has never enrolled) or revoked.</param>
/// <param name="Enrolled">Since when its key holds.</param>
/// <param name="CertificateEnds">End of its newest certificate.</param>
/// <param name="Serial">Serial number of that one.</param>
/// <param name="CodeExpires">End of an enrolment code that is open.</param>
/// <param name="ClaimMade">When the claim secret on its box was made.</param>
/// <param name="Vouched">When somebody vouched for the box.</param>
/// <param name="Voucher">Who.</param>
/// <param name="Claimed">When the box enrolled with its claim secret.</param>
/// <param name="Revoked">When it was revoked.</param>
/// <param name="Reason">Why.</param>
/// <param name="Since">Since when it is connected or offline; as far as this start of the server has seen.</param>
/// <param name="Software">Its software, as it says.</param>
/// <param name="LastBatch">When values came last.</param>
/// <param name="Name">What people call it, as the registry has it.</param>
/// <param name="Site">Id of its site.</param>
/// <param name="Area">District or corridor, its own or its site's.</param>
internal sealed record FleetGateway(
    string Gateway, string State, DateTimeOffset? Enrolled = null, DateTimeOffset? CertificateEnds = null, string? Serial = null, DateTimeOffset? CodeExpires = null, DateTimeOffset? ClaimMade = null,
    DateTimeOffset? Vouched = null, string? Voucher = null, DateTimeOffset? Claimed = null, DateTimeOffset? Revoked = null, string? Reason = null, DateTimeOffset? Since = null, string? Software = null, DateTimeOffset? LastBatch = null,
    string? Name = null, string? Site = null, string? Area = null);

/// <summary>A gateway with what was issued to it.</summary>
/// <param name="Gateway">The gateway.</param>
/// <param name="Certificates">Its certificates, the newest first, at most 50.</param>
internal sealed record FleetGatewayDetail(FleetGateway Gateway, IReadOnlyList<IssuedEntry> Certificates);

/// <summary>A certificate that was issued.</summary>
/// <param name="Serial">Serial number, hexadecimal.</param>
/// <param name="Issued">When.</param>
/// <param name="Ends">Until when it holds.</param>
/// <param name="How">code, claim, key or renewal.</param>
/// <param name="Key">SHA-256 of its public key, hexadecimal.</param>
internal sealed record IssuedEntry(string Serial, DateTimeOffset Issued, DateTimeOffset Ends, string How, string Key);

/// <summary>A secret for a gateway, shown this once.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Code">What smartcity-gateway enrol --code takes: secret and beginning of the root's fingerprint.</param>
/// <param name="Qr">The same for a QR symbol, with the id and the whole fingerprint.</param>
/// <param name="Fingerprint">SHA-256 of the city's root, hexadecimal.</param>
/// <param name="Expires">Until when it holds; null = without end.</param>
internal sealed record MadeCode(string Gateway, string Code, string Qr, string Fingerprint, DateTimeOffset? Expires);

/// <summary>Whoever sends it stands before the box.</summary>
/// <param name="Secret">The claim secret on it, typed or scanned.</param>
internal sealed record ClaimRequest(string? Secret);

/// <summary>Why a gateway is revoked.</summary>
/// <param name="Reason">For people, 1–200 characters, e.g. stolen.</param>
internal sealed record RevokeRequest(string? Reason);

/// <summary>The city's authority.</summary>
/// <param name="City">Name of the city in identities.</param>
/// <param name="Fingerprint">SHA-256 of the root that the server shows itself under, hexadecimal.</param>
/// <param name="Roots">Roots that are trusted, the oldest first.</param>
/// <param name="Issuers">Issuing authorities that are trusted, the oldest first; the last one signs.</param>
internal sealed record AuthorityView(string City, string Fingerprint, IReadOnlyList<AuthorityEntry> Roots, IReadOnlyList<AuthorityEntry> Issuers);

/// <summary>A root or an issuing authority.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Fingerprint">SHA-256, hexadecimal.</param>
/// <param name="From">From then on it holds.</param>
/// <param name="Ends">Until then.</param>
internal sealed record AuthorityEntry(string Name, string Fingerprint, DateTimeOffset From, DateTimeOffset Ends);

/// <summary>What to rotate.</summary>
/// <param name="Root">Whether a new root is made too; false where left out.</param>
internal sealed record RotateRequest(bool? Root = null);

/// <summary>What to retire.</summary>
/// <param name="Fingerprint">SHA-256 of a root or issuing authority, or at least its first eight digits.</param>
/// <param name="Force">Whether to do it although gateways hold certificates of it.</param>
internal sealed record RetireRequest(string? Fingerprint, bool? Force = null);

/// <summary>What the city knows of the gateway that asks.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="ServerTime">The server's clock.</param>
/// <param name="CertificateEnds">End of the certificate that it showed.</param>
/// <param name="Connected">Whether its uplink is open.</param>
/// <param name="Refusal">Why its last uplink was refused.</param>
/// <param name="LastBatch">When values came last.</param>
/// <param name="Value">Last value of the series that it asked after; null where there is none, or none was asked after.</param>
/// <param name="ValueTime">Event time of that value.</param>
internal sealed record FleetSelf(string Gateway, DateTimeOffset ServerTime, DateTimeOffset CertificateEnds, bool Connected, string? Refusal = null, DateTimeOffset? LastBatch = null, double? Value = null, DateTimeOffset? ValueTime = null);
