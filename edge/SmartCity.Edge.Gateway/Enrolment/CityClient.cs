using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Hosting.Operations;

namespace SmartCity.Edge.Gateway.Enrolment;

/// <summary>Speaks to the city's server about the gateway's identity.</summary>
internal sealed class CityClient(Uri cloud, TimeProvider clock)
{
    private const int AnswerBytesMax = 1 << 20;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private static readonly TimeSpan _within = TimeSpan.FromSeconds(30);

    /// <summary>The server's clock less ours, as it stood in its last answer; not proven before the server was.</summary>
    public TimeSpan? ClockAhead { get; private set; }

    /// <summary>The roots as whoever answers there gives them: nothing is trusted yet, and nothing was sent.</summary>
    /// <exception cref="EnrolmentException">It cannot be reached, or answers with something else.</exception>
    public async Task<X509Certificate2Collection> RootsAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA5359 // What comes is compared with the code's fingerprint before anything is sent or believed.
        using var client = Client(new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true });
#pragma warning restore CA5359
        var pem = await SendAsync(client, HttpMethod.Get, "enrol/authority", null, cancellationToken);
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // Said below.
        }
        return roots.Count > 0 ? roots : throw new EnrolmentException($"{cloud} answers, but is no server of a city: it gives no roots at /enrol/authority. Check the address; pages and enrolment are on port 8444.", EnrolmentFault.Unreachable);
    }

    /// <summary>Enrols.</summary>
    /// <param name="roots">Whom to trust.</param>
    /// <param name="code">The secret; null where the key alone is to be known.</param>
    /// <param name="key">The gateway's key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EnrolmentException">It failed.</exception>
    public async Task<IssuedIdentity> EnrolAsync(X509Certificate2Collection roots, string? code, ECDsa key, CancellationToken cancellationToken)
    {
        using var client = Client(Tls(roots, null));
        return Read(await SendAsync(client, HttpMethod.Post, "enrol", new { code, csr = RequestOf(key) }, cancellationToken));
    }

    /// <summary>Renews, showing the present certificate, ended or not.</summary>
    /// <exception cref="EnrolmentException">It failed.</exception>
    public async Task<IssuedIdentity> RenewAsync(X509Certificate2Collection roots, SslStreamCertificateContext own, ECDsa key, CancellationToken cancellationToken)
    {
        using var client = Client(Tls(roots, own));
        return Read(await SendAsync(client, HttpMethod.Post, "renew", new { csr = RequestOf(key) }, cancellationToken));
    }

    /// <summary>What the city knows of this gateway.</summary>
    /// <exception cref="EnrolmentException">It failed.</exception>
    public async Task<JsonElement> SelfAsync(X509Certificate2Collection roots, SslStreamCertificateContext own, string query, CancellationToken cancellationToken)
    {
        using var client = Client(Tls(roots, own));
        return JsonSerializer.Deserialize<JsonElement>(await SendAsync(client, HttpMethod.Get, "api/v1/fleet/self" + query, null, cancellationToken));
    }

    /// <summary>TLS to the city: its roots alone, the server's name checked.</summary>
    /// <param name="roots">Whom to trust.</param>
    /// <param name="own">What to show; null for nothing.</param>
    /// <param name="notBefore">A moment that is certainly past, e.g. that of our own certificate: a clock that stands before it is not believed.</param>
    /// <param name="clock">The clock otherwise.</param>
    public static SslClientAuthenticationOptions Tls(X509Certificate2Collection roots, SslStreamCertificateContext? own, DateTimeOffset? notBefore, TimeProvider clock)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        trust.CustomTrustStore.AddRange(roots);
        trust.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        var now = clock.GetUtcNow();
        trust.VerificationTime = (notBefore is { } past && past > now ? past : now).UtcDateTime;
        trust.VerificationTimeIgnored = false;
        return new SslClientAuthenticationOptions { CertificateChainPolicy = trust, ClientCertificateContext = own };
    }

    private SslClientAuthenticationOptions Tls(X509Certificate2Collection roots, SslStreamCertificateContext? own) =>
        Tls(roots, own, own is null ? null : new DateTimeOffset(own.TargetCertificate.NotBefore) + TimeSpan.FromHours(25), clock);

    /// <summary>A signing request for a key: nothing but the key is asked for, all else comes from the code.</summary>
    private static string RequestOf(ECDsa key) => new CertificateRequest(new X500DistinguishedName([0x30, 0x00]), key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    private static HttpClient Client(SslClientAuthenticationOptions tls) => new(new SocketsHttpHandler
    {
        SslOptions = tls, UseProxy = false, AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10),
    }) { Timeout = _within, MaxResponseContentBufferSize = AnswerBytesMax };

    private async Task<string> SendAsync(HttpClient client, HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(cloud, path)) { Content = body is null ? null : JsonContent.Create(body) };
            using var answer = await client.SendAsync(request, cancellationToken);
            if (answer.Headers.Date is { } date) ClockAhead = date - clock.GetUtcNow();
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.IsSuccessStatusCode) return text;
            var reason = AdminSocket.ReasonOf(text) ?? $"the server answers {(int)answer.StatusCode}";
            throw new EnrolmentException(reason, answer.StatusCode switch
            {
                HttpStatusCode.BadRequest => EnrolmentFault.Rule, HttpStatusCode.Forbidden => EnrolmentFault.Refused, HttpStatusCode.TooManyRequests => EnrolmentFault.Throttled, _ => EnrolmentFault.Unreachable,
            });
        }
        catch (HttpRequestException error) when (Within<AuthenticationException>(error) is { } tls)
        {
            throw new EnrolmentException(WhyTls(tls), EnrolmentFault.Stranger, error);
        }
        catch (HttpRequestException error)
        {
            throw new EnrolmentException($"{cloud} does not answer: {Innermost(error)} Check the address, DNS, cable and firewall; pages and enrolment are on port 8444.", EnrolmentFault.Unreachable, error);
        }
        catch (Exception error) when (error is IOException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new EnrolmentException($"{cloud} did not answer in {_within.TotalSeconds:0} s. Check the network and try again; nothing is lost by it.", EnrolmentFault.Unreachable, error);
        }
    }

    /// <summary>A handshake that failed; where the two clocks are far from each other both are named.</summary>
    private string WhyTls(AuthenticationException error)
    {
        var why = $"The server at {cloud} does not prove to be the city's: {Innermost(error)}";
        var now = clock.GetUtcNow();
        return ClockAhead is { } ahead && ahead.Duration() > TimeSpan.FromMinutes(30)
            ? string.Create(CultureInfo.InvariantCulture, $"{why} This box's clock says {now:yyyy-MM-dd HH:mm} UTC, the server's {now + ahead:yyyy-MM-dd HH:mm} UTC: set the clock right (timedatectl set-ntp true) and try again.")
            : $"{why} Check the address: the certificate must name its host. If it does, somebody stands between; do not go on.";
    }

    private static IssuedIdentity Read(string json)
    {
        try
        {
            if (JsonSerializer.Deserialize<IssuedIdentity>(json, JsonSerializerOptions.Web) is { Gateway: not null, Certificate: not null, Authorities: not null } issued) return issued;
        }
        catch (JsonException)
        {
            // Said below.
        }
        throw new EnrolmentException("The server's answer is no identity. Is this gateway's software older or newer than the server's?", EnrolmentFault.Unreachable);
    }

    private static T? Within<T>(Exception? error) where T : Exception
    {
        for (; error is not null; error = error.InnerException)
            if (error is T found) return found;
        return null;
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is not null) error = error.InnerException;
        return error.Message.TrimEnd('.') + ".";
    }
}
