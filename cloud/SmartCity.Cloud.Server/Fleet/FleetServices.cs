using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Operations;
using SmartCity.Cloud.Dashboards.Problems;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>The city's authority, its gateways and their enrolment.</summary>
internal static class FleetServices
{
    /// <summary>Where a gateway's certificate alone leads to.</summary>
    public const string RenewPath = "/renew", SelfPath = "/api/v1/fleet/self";

    public static IServiceCollection AddFleet(this IServiceCollection services, ServerOptions options, ServerCertificates certificates)
    {
        services.AddSingleton(_ => certificates);
        services.AddSingleton(provider => FleetFiles.OpenAuthority(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => FleetFiles.OpenTrust(options.Data, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new EnrolmentDesk(provider.GetRequiredService<CertificateAuthority>(), provider.GetRequiredService<GatewayTrust>(), FleetFiles.OpenSecrets(options.Data), options.Fleet.CertificateLife));
        services.AddSingleton(provider => new GatewayCertificates(
            provider.GetRequiredService<CertificateAuthority>(), certificates.Authorities, options.Ingest.City, provider.GetRequiredService<GatewayTrust>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ServerIdentity>().AddSingleton<GatewayConnections>().AddSingleton<GatewayTls>();
        services.AddSingleton<EnrolmentThrottle>().AddSingleton<EnrolmentAudit>().AddSingleton<GatewayRoster>().AddSingleton<IngestPort>().AddSingleton<FleetDesk>();
        return services.AddSingleton<IHealthPart, EnrolmentHealth>();
    }

    /// <summary>A connection that showed a gateway's certificate is a gateway's: it may renew and ask after itself, and where its certificate has ended renew alone.</summary>
    public static void UseGatewayGate(this WebApplication app) => app.Use((context, next) =>
    {
        if (GatewayTls.IdentityOf(context) is not { } identity || context.Items.ContainsKey(typeof(Ingest.GatewaySenders))) return next(context);
        var path = context.Request.Path;
        return path == RenewPath || (path == SelfPath && !identity.HasEnded) ? next(context) : Problems.Of(ProblemKinds.GatewayCertificate, new Sentence(identity.HasEnded ? "say.gateway.ended" : "say.gateway.paths")).ExecuteAsync(context);
    });
}

/// <summary>Says that somebody guesses enrolment codes. Nothing is broken by it, so the server is ready.</summary>
internal sealed class EnrolmentHealth(EnrolmentThrottle throttle) : IHealthPart
{
    public string Name => "enrolment";
    public string? Trouble => null;
    public string? Warning => throttle.Locked is { Count: > 0 } locked ? $"Enrolment codes are being guessed; locked out: {string.Join(", ", locked.Take(5))}{(locked.Count > 5 ? " …" : "")}. Whoever has a right code from there waits, or enrols by another way." : null;
}
