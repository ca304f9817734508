using System.Security.Cryptography.X509Certificates;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Model;

namespace SmartCity.Cloud.Fleet.Enrolment;

/// <summary>Gives gateways their identity: makes secrets, takes them against signing requests, renews. Thread-safe.</summary>
/// <param name="authority">Signs.</param>
/// <param name="trust">Keeps who is who.</param>
/// <param name="secrets">Hashes secrets.</param>
/// <param name="life">How long a gateway's certificate holds.</param>
public sealed class EnrolmentDesk(CertificateAuthority authority, GatewayTrust trust, SecretHash secrets, TimeSpan life)
{
    /// <summary>How long an administrator's code holds.</summary>
    public static readonly TimeSpan CodeValidFor = TimeSpan.FromMinutes(15);

    /// <summary>Makes a secret for a gateway; this is the only time that it is seen.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="kind">A code holds a quarter of an hour, a claim secret for ever.</param>
    /// <param name="maker">Who makes it.</param>
    /// <param name="record">Writes it down before it is done.</param>
    public MadeEnrolment Make(string gateway, SecretKind kind, string maker, Action record)
    {
        if (!CityName.IsGateway(gateway)) throw new ArgumentException($"\"{gateway}\" is no gateway id; 1–128 of A-Za-z0-9 . _ : - are needed.", nameof(gateway));
        var code = EnrolmentCode.Make();
        TimeSpan? validFor = kind == SecretKind.Code ? CodeValidFor : null;
        trust.AddSecret(gateway, kind, secrets.Of(code), maker, validFor, record);
        return new MadeEnrolment(gateway, EnrolmentCode.Whole(code, authority.Fingerprint), EnrolmentCode.Qr(gateway, code, authority.Fingerprint), authority.Fingerprint, validFor);
    }

    /// <summary>Somebody who stands before a box vouches for it.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="typed">The claim secret as typed or scanned.</param>
    /// <param name="voucher">Who.</param>
    /// <param name="record">Writes it down before it is done.</param>
    public VouchOutcome Vouch(string gateway, string? typed, string voucher, Action record) =>
        EnrolmentCode.Read(typed) is { } code ? trust.Vouch(gateway, secrets.Of(code), voucher, record) : VouchOutcome.Unknown;

    /// <summary>Enrols a gateway.</summary>
    /// <param name="typed">Its code or claim secret as typed or scanned; null where its key alone is to be known.</param>
    /// <param name="request">What it asks to be signed.</param>
    /// <param name="record">Writes down what is about to be done.</param>
    /// <exception cref="EnrolmentRefusedException">Secret or key is not good.</exception>
    /// <exception cref="SigningRequestException">The request breaks a rule.</exception>
    public Enrolled Enrol(string? typed, SigningRequest request, Action<EnrolmentAct> record)
    {
        // What is no code at all takes the same way as one that is wrong.
        var hash = typed is null ? null : secrets.Of(EnrolmentCode.Read(typed) ?? "");
        return trust.Enrol(hash, request, gateway => authority.IssueGateway(gateway, request.Key, life), Stands, record);
    }

    /// <summary>Renews the certificate of a gateway that has shown its own, ended or not.</summary>
    /// <param name="gateway">Gateway id in what it showed.</param>
    /// <param name="shownKeyHash">SHA-256 of the public key in it.</param>
    /// <param name="request">What it asks to be signed.</param>
    /// <param name="record">Writes down what is about to be done.</param>
    /// <exception cref="EnrolmentRefusedException">The key holds no longer.</exception>
    /// <exception cref="SigningRequestException">The request breaks a rule.</exception>
    public Enrolled Renew(string gateway, byte[] shownKeyHash, SigningRequest request, Action<EnrolmentAct> record)
    {
        ArgumentNullException.ThrowIfNull(request);
        return trust.Renew(gateway, shownKeyHash, request, id => authority.IssueGateway(id, request.Key, life), Stands, record);
    }

    private bool Stands(string chainPem)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(chainPem);
        var stands = chain.Count > 1 && authority.Issuers.Any(issuer => issuer.Thumbprint == chain[1].Thumbprint);
        foreach (var one in chain) one.Dispose();
        return stands;
    }
}
