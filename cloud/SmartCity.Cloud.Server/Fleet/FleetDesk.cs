using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>What people do with gateways and the authority, by page, API or command; each act is in the audit log before it is done.</summary>
internal sealed class FleetDesk(CertificateAuthority authority, GatewayTrust trust, EnrolmentDesk enrolment, EnrolmentThrottle throttle, EnrolmentAudit refusals, AuditLog audit, TimeProvider clock)
{
    private const int ReasonMax = 200;

    /// <summary>Makes a secret.</summary>
    /// <exception cref="FleetException">The id cannot stand in a certificate.</exception>
    public MadeCode Make(Actor actor, string gateway, SecretKind kind)
    {
        if (!CityName.IsGateway(gateway)) throw new FleetException(new Sentence("say.gateway.id", gateway));
        var made = enrolment.Make(gateway, kind, actor.Name, () => audit.Write(actor, kind == SecretKind.Claim ? "gateway.claim-secret" : "gateway.enrol-code", gateway, null, null));
        return new MadeCode(made.Gateway, made.Code, made.Qr, made.Fingerprint, made.ValidFor is { } span ? clock.GetUtcNow() + span : null);
    }

    /// <summary>Vouches for a box.</summary>
    /// <returns>How long to wait after too many wrong secrets; zero where it is done.</returns>
    /// <exception cref="FleetException">It cannot be.</exception>
    public TimeSpan Vouch(Actor actor, string address, string gateway, string? secret)
    {
        // By account: an installer's phone changes its address.
        var counted = $"account {actor.Name}";
        if (throttle.Wait(counted) is { Ticks: > 0 } wait) return wait;
        switch (enrolment.Vouch(gateway, secret, actor.Name, () => audit.Write(actor, "gateway.vouch", gateway, null, null)))
        {
            case VouchOutcome.Done:
                return TimeSpan.Zero;
            case VouchOutcome.ByAnother:
                var claim = trust.Find(gateway)?.Claim;
                throw new FleetException(new Sentence("say.claim.another", gateway, claim?.Voucher ?? "?", claim?.Vouched is { } at ? UnixMicros.ToTime(at).UtcDateTime.ToString("u", System.Globalization.CultureInfo.InvariantCulture) : "?"));
            case VouchOutcome.Used:
                throw new FleetException(new Sentence("say.claim.used", gateway));
            default:
                throttle.Failed(counted);
                refusals.Refuse(address, $"{actor.Name} vouched for {gateway} with a secret that is not this gateway's");
                throw new FleetException(new Sentence("say.claim.unknown", gateway));
        }
    }

    /// <summary>Takes back that somebody vouched for a box.</summary>
    /// <exception cref="FleetException">There is nothing to take back.</exception>
    public void TakeBack(Actor actor, string gateway)
    {
        if (!trust.TakeBack(gateway, () => audit.Write(actor, "gateway.vouch-back", gateway, null, null))) throw new FleetException(new Sentence("say.claim.none", gateway), isMissing: true);
    }

    /// <summary>Shuts a gateway out.</summary>
    /// <exception cref="FleetException">It is no gateway's id, or revoked already.</exception>
    public void Revoke(Actor actor, string gateway, string? reason)
    {
        if (!CityName.IsGateway(gateway)) throw new FleetException(new Sentence("say.gateway.id", gateway));
        reason = reason?.Trim() is { Length: > 0 } given ? given : "no reason given";
        if (reason.Length > ReasonMax || reason.Any(char.IsControl)) throw new FleetException(new Sentence("say.gateway.reason", ReasonMax));
        if (!trust.Revoke(gateway, reason, () => audit.Write(actor, "gateway.revoke", gateway, null, reason))) throw new FleetException(new Sentence("say.gateway.revoked", gateway));
    }

    /// <summary>Makes a new issuing authority, with a new root or without.</summary>
    /// <exception cref="FleetException">A key is not there.</exception>
    public AuthorityView Rotate(Actor actor, bool withRoot)
    {
        audit.Write(actor, "authority.rotate", withRoot ? "root" : "issuer", Json(ViewOf(authority)), null);
        Try(() => authority.Rotate(withRoot));
        return ViewOf(authority);
    }

    /// <summary>Ends the trust in a root or issuing authority.</summary>
    /// <exception cref="FleetException">There is none, it is in use, or gateways hold certificates of it.</exception>
    public AuthorityView Retire(Actor actor, string fingerprint, bool force)
    {
        if (!force && Holders(fingerprint) is { Count: > 0 } holders) throw new FleetException(new Sentence("say.authority.held", holders.Count, string.Join(", ", holders.Take(5))));
        audit.Write(actor, "authority.retire", fingerprint.Length > 64 ? fingerprint[..64] : fingerprint, Json(ViewOf(authority)), null);
        X509Certificate2? retired = null;
        Try(() => retired = authority.Retire(fingerprint));
        return retired is null ? throw new FleetException(new Sentence("say.authority.none", fingerprint.Length > 64 ? fingerprint[..64] : fingerprint), isMissing: true) : ViewOf(authority);
    }

    /// <summary>The authority as people see it.</summary>
    public static AuthorityView ViewOf(CertificateAuthority authority) => new(authority.City, authority.Fingerprint, [.. authority.Roots.Select(EntryOf)], [.. authority.Issuers.Select(EntryOf)]);

    /// <summary>Gateways whose newest certificate is of what would be retired, or who may not know the next root yet.</summary>
    private IReadOnlyList<string> Holders(string fingerprint)
    {
        bool Named(X509Certificate2 one) => fingerprint.Length >= 8 && CertificateAuthority.FingerprintOf(one).StartsWith(fingerprint, StringComparison.OrdinalIgnoreCase);
        var after = authority.Roots.Concat(authority.Issuers).Where(Named).Select(one => authority.Issuers.Where(issuer => issuer.NotBefore > one.NotBefore).Select(issuer => issuer.NotBefore).Order().FirstOrDefault()).FirstOrDefault();
        if (after == default) return [];
        // What was issued before the next issuer was made is of this one, and its gateway has not heard of a newer root; certificates know whole seconds alone.
        var since = UnixMicros.From(new DateTimeOffset(after) + CertificateAuthority.Backdate + TimeSpan.FromSeconds(1));
        return [.. trust.All().Where(standing => standing is { Revoked: null, Enrolled: not null } && standing.LastIssued < since).Select(standing => standing.Gateway)];
    }

    private static AuthorityEntry EntryOf(X509Certificate2 certificate) => new(certificate.GetNameInfo(X509NameType.SimpleName, false), CertificateAuthority.FingerprintOf(certificate), certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());

    private static string Json(AuthorityView view) => JsonSerializer.Serialize(view, JsonSerializerOptions.Web);

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (AuthorityException error)
        {
            throw new FleetException(new Sentence("say.authority.failed", error.Message));
        }
    }
}
