using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>
/// The gateways' own routes: <c>GET /enrol/authority</c>, <c>POST /enrol</c>, <c>POST /renew</c> and what the city knows of the one that asks. They ask for no
/// right: a secret or a key is what counts, and each refusal of a secret is the same answer after the same time.
/// </summary>
internal static class EnrolEndpoints
{
    private const int BodyBytesMax = 32 << 10;
    /// <summary>A refusal is answered so long after the request came, whatever was wrong and however long it took to find out.</summary>
    private static readonly TimeSpan _refusalAfter = TimeSpan.FromMilliseconds(250);
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    public static void MapEnrolment(this IEndpointRouteBuilder app)
    {
        app = app.MapGroup("").WithTags("Fleet").Public();
        app.MapGet("/enrol/authority", (CertificateAuthority authority) => Answer.Text(authority.RootsPem, "application/x-pem-file"))
            .WithName("GetAuthorityRoots").WithSummary("The city's roots; whoever fetches them compares their fingerprint with that of its code.").AlsoAnswers("application/x-pem-file", "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n");
        app.MapPost("/enrol", EnrolAsync).WithName("Enrol").WithSummary("Gives a gateway its identity against a code or claim secret, or again against its known key.")
            .TakesBody<EnrolRequest>().Answers<IssuedIdentity>().MayFail(ProblemKinds.SigningRequest, ProblemKinds.Enrolment, ProblemKinds.Throttled);
        app.MapPost(FleetServices.RenewPath, RenewAsync).WithName("Renew").WithSummary("Renews the certificate that the gateway shows in TLS, even one that has ended.")
            .TakesBody<RenewRequest>().Answers<IssuedIdentity>().MayFail(ProblemKinds.SigningRequest, ProblemKinds.GatewayCertificate);
        app.MapGet(FleetServices.SelfPath, Self).WithName("GetFleetSelf").WithSummary("What the city knows of the gateway that asks, by the certificate that it shows in TLS.")
            .Takes("device", "Device of a series whose last value is to be told.", "g1").Takes("metric", "Its metric.", "check").Answers<FleetSelf>().MayFail(ProblemKinds.GatewayCertificate, ProblemKinds.Unavailable);
    }

    /// <summary>An address as guesses are counted by: of IPv6 the 64 bits that one subscriber has.</summary>
    public static string Counted(IPAddress? address)
    {
        if (address is null) return "unknown";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address)) return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private static async Task<IResult> EnrolAsync(HttpContext context, EnrolmentDesk desk, CertificateAuthority authority, EnrolmentThrottle throttle, EnrolmentAudit audit, IngestPort uplink, TimeProvider clock, ILogger<EnrolmentDesk> logger)
    {
        var (came, address) = (Stopwatch.GetTimestamp(), Counted(context.Connection.RemoteIpAddress));
        if (throttle.Wait(address) is { Ticks: > 0 } wait) return FleetEndpoints.TooSoon(wait);
        try
        {
            var (body, wrong) = await ReadAsync<EnrolRequest>(context, logger, audit, address);
            if (wrong is not null) return wrong;
            var request = SigningRequest.Read(body!.Csr);
            var enrolled = desk.Enrol(body.Code, request, act => audit.Issue(act, address));
            return Issued(enrolled, body.Code is null ? "key" : "secret", address, authority, uplink, clock, logger);
        }
        catch (SigningRequestException error)
        {
            return Wrong(error, address, audit, logger);
        }
        catch (EnrolmentRefusedException error)
        {
            var locked = error.IsGuess ? throttle.Failed(address) : TimeSpan.Zero;
            if (locked > TimeSpan.Zero) logger.Guessing(address, locked);
            logger.Refused(address, error.Message);
            audit.Refuse(address, locked > TimeSpan.Zero ? $"{error.Message} The address is locked out for {locked}." : error.Message);
            var left = _refusalAfter - Stopwatch.GetElapsedTime(came);
            if (left > TimeSpan.Zero) await Task.Delay(left, context.RequestAborted);
            return Problems.Of(ProblemKinds.Enrolment);
        }
    }

    private static async Task<IResult> RenewAsync(HttpContext context, EnrolmentDesk desk, CertificateAuthority authority, EnrolmentAudit audit, IngestPort uplink, TimeProvider clock, ILogger<EnrolmentDesk> logger)
    {
        var address = Counted(context.Connection.RemoteIpAddress);
        if (GatewayTls.IdentityOf(context) is not { } identity) return Problems.Of(ProblemKinds.GatewayCertificate);
        try
        {
            var (body, wrong) = await ReadAsync<RenewRequest>(context, logger, audit, address);
            if (wrong is not null) return wrong;
            var enrolled = desk.Renew(identity.Gateway, identity.KeyHash, SigningRequest.Read(body!.Csr), act => audit.Issue(act, address));
            return Issued(enrolled, "renewal", address, authority, uplink, clock, logger);
        }
        catch (SigningRequestException error)
        {
            return Wrong(error, address, audit, logger);
        }
        catch (EnrolmentRefusedException)
        {
            audit.Refuse(address, $"the key of gateway {identity.Gateway} (serial {identity.Serial}) is not known here or holds no longer");
            return Problems.Of(ProblemKinds.GatewayCertificate, new Sentence("say.gateway.key"));
        }
    }

    private static async Task<IResult> Self(HttpContext context, GatewayDirectory directory, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (GatewayTls.IdentityOf(context) is not { } identity) return Problems.Of(ProblemKinds.GatewayCertificate);
        var parameters = new Parameters(context.Request.Query);
        var (device, metric) = (parameters.Text("device"), parameters.Text("metric"));
        if (parameters.Problem() is { } problem) return problem;
        var state = directory.Find(identity.Gateway);
        // Of its own series alone: a gateway is no reader of the city.
        LatestValue? value;
        try
        {
            value = device == identity.Gateway && metric is not null && context.RequestServices.GetService<ILatestQueries>() is { } latest
                ? (await latest.LatestAsync(new LatestFilter(device, metric), cancellationToken)) is [var one, ..] ? one : null : null;
        }
        catch (StoreUnavailableException)
        {
            return Problems.Of(ProblemKinds.Unavailable);
        }
        double? number = value?.Value.Kind switch { Model.ValueKind.Int64 => value.Value.Bits, Model.ValueKind.Double => BitConverter.Int64BitsToDouble(value.Value.Bits), _ => null };
        return Results.Json(new FleetSelf(identity.Gateway, clock.GetUtcNow(), identity.NotAfter, state?.Connected == true, state?.Refusal, state?.LastBatch, number, value is null ? null : UnixMicros.ToTime(value.Time)));
    }

    private static IResult Issued(Enrolled enrolled, string how, string address, CertificateAuthority authority, IngestPort uplink, TimeProvider clock, ILogger logger)
    {
        if (enrolled.IsNew) logger.Issued(enrolled.Gateway, how, address, enrolled.Certificate.Serial, enrolled.Certificate.NotAfter);
        return Results.Json(new IssuedIdentity(enrolled.Gateway, authority.City, enrolled.Certificate.ChainPem, authority.RootsPem, uplink.Port, enrolled.Certificate.NotAfter, clock.GetUtcNow()));
    }

    private static ProblemAnswer Wrong(SigningRequestException error, string address, EnrolmentAudit audit, ILogger logger)
    {
        logger.Refused(address, $"signing request ({error.Fault}): {error.Message}");
        audit.Refuse(address, $"signing request ({error.Fault}): {error.Message}");
        return new ProblemAnswer(ProblemKinds.SigningRequest) { Detail = new Sentence($"say.csr.{error.Fault}") };
    }

    /// <summary>Reads a small body by hand, so that one that is too large is answered like any other wrong request.</summary>
    private static async Task<(T? Body, IResult? Wrong)> ReadAsync<T>(HttpContext context, ILogger logger, EnrolmentAudit audit, string address) where T : class
    {
        if (!context.Request.HasJsonContentType()) return (null, Problems.Of(ProblemKinds.MediaType));
        if (context.Request.ContentLength > BodyBytesMax) return (null, TooLarge());
        using var bytes = new MemoryStream();
        var buffer = new byte[8 << 10];
        for (int count; (count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > BodyBytesMax) return (null, TooLarge());
        }
        try
        {
            return JsonSerializer.Deserialize<T>(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), _json) is { } body ? (body, null) : (null, Problems.Of(ProblemKinds.Body, new Sentence("say.body.empty")));
        }
        catch (JsonException error)
        {
            return (null, Problems.Body(error));
        }

        IResult TooLarge()
        {
            // The rest of it is not read, so that this connection serves nothing more; unsaid, the next request on it would be lost.
            if (HttpProtocol.IsHttp11(context.Request.Protocol)) context.Response.Headers.Connection = "close";
            return Wrong(new SigningRequestException(SigningRequestFault.TooLarge, $"the request is larger than {BodyBytesMax} bytes"), address, audit, logger);
        }
    }
}

/// <summary>The port of the uplink as it is listened on.</summary>
internal sealed class IngestPort(IServiceProvider services)
{
    private int _port;

    /// <summary>The port; 0 before the server listens.</summary>
    public int Port => _port != 0 ? _port : _port = Find();

    private int Find()
    {
        var addresses = services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<Microsoft.AspNetCore.Hosting.Server.Features.IServerAddressesFeature>()?.Addresses ?? [];
        return CloudServer.PortOf(addresses, "uplink");
    }
}
