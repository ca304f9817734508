using SmartCity.Devices.Mappings;
using SmartCity.Devices.Twins;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Edge.Gateway.Page;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Hosting.Operations;

namespace SmartCity.Edge.Gateway.Twins;

/// <summary>
/// Puts each configuration in force while the gateway runs: credentials, mappings, quotas and the uplink's address at once, with every device's connection left
/// as it is; where it is listened, and what is laid out at the start, by a new start of the application within the process, which drains as at an end. Nothing that was acknowledged is lost
/// by either: it is on the disk.
/// </summary>
internal sealed class TwinApplier : IHostedService
{
    private readonly Lock _gate = new();
    private readonly TwinAgent _agent;
    private readonly TwinSetup _setup;
    private readonly string _data;
    private readonly Edge.Spool.Spool _spool;
    private readonly Intake.Intake _intake;
    private readonly DeviceAuthenticator _authenticator;
    private readonly DeviceCredentials _credentials;
    private readonly UplinkOptions _uplink;
    private readonly UplinkService _link;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly NewStart _newStart;
    private readonly ILogger<TwinApplier> _logger;
    private GatewayOptions _options;
    private TwinDocument _applied;

    public TwinApplier(
        TwinAgent agent, TwinSetup setup, DataPath data, Edge.Spool.Spool spool, Intake.Intake intake, DeviceAuthenticator authenticator, DeviceCredentials credentials,
        UplinkOptions uplink, UplinkService link, IHostApplicationLifetime lifetime, NewStart newStart, TwinAtStart start, ILogger<TwinApplier> logger)
    {
        (_agent, _setup, _data, _spool, _intake, _authenticator, _credentials, _uplink, _link, _lifetime, _newStart, _logger) = (agent, setup, data.Folder, spool, intake, authenticator, credentials, uplink, link, lifetime, newStart, logger);
        (_applied, _options) = (start.Document, setup.Options(start.Document));
        credentials.Use(CredentialSet.Of(_applied.Credentials));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _agent.Changed += Apply;
        // What came in between.
        Apply();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _agent.Changed -= Apply;
        return Task.CompletedTask;
    }

    private void Apply()
    {
        lock (_gate)
        {
            // The newest, whoever calls: of two at once the later one may come first.
            var twin = _agent.InForce;
            if (ReferenceEquals(twin, _applied) || _newStart.IsUnderWay) return;
            try
            {
                Apply(twin);
            }
            catch (Exception error) when (error is Hosting.Commands.CommandException or IOException or UnauthorizedAccessException or InvalidDataException)
            {
                _logger.CannotApply(error.Message);
                _ = Task.Run(() => _agent.CannotApply(error.Message));
            }
        }
    }

    private void Apply(TwinDocument twin)
    {
        var (options, mappings) = (_setup.Options(twin), _setup.Mappings(twin));
        if (AtStart(options) != AtStart(_options) || (options.Broker is not null && !IsSame(mappings, _setup.Mappings(_applied))))
        {
            _logger.StartsAnew();
            _newStart.Begin();
            _lifetime.StopApplication();
            return;
        }
        _credentials.Use(CredentialSet.Of(twin.Credentials));
        _authenticator.Use(mappings);
        _intake.Use(mappings);
        if (options.Spool != _options.Spool) _spool.SetQuotas(GatewayHost.SpoolOf(options.Spool, _data).Lanes);
        var before = _uplink.Files.Address;
        _uplink.OfCity = twin.UplinkAddress;
        (_applied, _options) = (twin, options);
        if (_uplink.Files.Address != before)
        {
            _agent.Reconnecting();
            _link.Reconnect();
        }
        _logger.Applied(_agent.Standing.InForce.Version);
    }

    /// <summary>What only a start can change.</summary>
    private static (MqttOptions, SpoolSettings) AtStart(GatewayOptions options) => (options.Mqtt, options.Spool with { TollBytes = 0, AlarmBytes = 0, TelemetryBytes = 0, ExpireOldest = false });

    private static bool IsSame(MappingSet one, MappingSet other) => one.All.Select(mapping => mapping.TopicFilter).SequenceEqual(other.All.Select(mapping => mapping.TopicFilter));
}

/// <summary>The document that an application was built for.</summary>
internal sealed record TwinAtStart(TwinDocument Document);

internal static partial class TwinLog
{
    [LoggerMessage(3201, LogLevel.Information, "Version {Version} of the city's configuration is in force")]
    public static partial void Applied(this ILogger logger, ulong version);

    [LoggerMessage(3202, LogLevel.Information, "The city's configuration changes what is laid out at a start: the gateway drains and starts anew")]
    public static partial void StartsAnew(this ILogger logger);

    [LoggerMessage(3203, LogLevel.Error, "The city's configuration cannot be put in force, and the last good one is again: {Reason}")]
    public static partial void CannotApply(this ILogger logger, string reason);

    [LoggerMessage(3204, LogLevel.Warning, "Version {Version} of the city's configuration was {State}: {Reason}")]
    public static partial void NotInForce(this ILogger logger, ulong version, string state, string reason);
}
