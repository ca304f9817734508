using System.Reflection;
using SmartCity.Edge.Gateway.Broker;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>Takes the gateway's report. Reads the spool, so not for a thread that must not block.</summary>
internal sealed class Reporter(
    GatewayOptions options, DataPath data, Edge.Spool.Spool spool, Intake.Intake intake, ClockTrust trust, DeviceCredentials credentials, MqttHub hub, MqttListenerOptions listener,
    UplinkState uplink, RateMeter rates, RunRecord run, IServiceProvider services, TimeProvider clock)
{
    private readonly DateTimeOffset _startedAt = StartOfProcess();
    private readonly string _software = typeof(Reporter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "?";

    /// <summary>The gateway now.</summary>
    public GatewayReport Take()
    {
        var broker = services.GetService<BrokerState>();
        var quota = options.Spool.DeadLetterBytes;
        _ = credentials.Current;   // looks whether the file has changed
        return new GatewayReport
        {
            At = clock.GetUtcNow(),
            Gateway = GatewayId.Of(options.Uplink),
            Software = _software,
            StartedAt = _startedAt,
            Cloud = new LinkReport(options.Uplink.Files.Address, uplink.IsOpen, uplink.Since, uplink.LastError, uplink.ValuesSent),
            CloudSilent = uplink.SilentFor,
            Broker = broker is null ? null : new LinkReport(broker.Address, broker.IsOpen, broker.Since, broker.LastError, Volatile.Read(ref broker.Messages)),
            BrokerRefusal = broker?.Refusal,
            Devices = hub.Peers.Count(),
            ConnectionsFull = hub.HasRefusedWithin(ConnectionsHealth.ToldFor) ? listener.ConnectionsMax : null,
            ConnectionsRefused = hub.Counters.ConnectionsRefused,
            Rates = rates.Take(),
            Lanes = LaneStat.Of(spool),
            FullLanes = [.. Enum.GetValues<Lane>().Where(lane => intake.Full is null && intake.HasNoRoom(lane)).Select(Lanes.NameOf)],
            // As it is now: the city may have changed it.
            ExpiresOldest = spool.Room((byte)Lane.Telemetry) == long.MaxValue,
            VolumeFull = intake.Full,
            Letters = (spool.DeadLetterCount, quota - spool.DeadLetterRoom, quota),
            LettersAreFull = intake.LettersAreFull,
            LetterTotals = spool.DeadLetterTotals,
            Disk = DiskOf(data.Folder),
            ClockTrusted = trust.IsTrusted,
            CredentialsTrouble = credentials.Trouble,
            IdentityTrouble = services.GetRequiredService<IEnumerable<IHealthPart>>().OfType<IdentityHealth>().FirstOrDefault()?.Warning,
            TwinTrouble = services.GetRequiredService<IEnumerable<IHealthPart>>().OfType<TwinHealth>().FirstOrDefault()?.Warning,
            Notes = spool.Notes,
            EndBefore = run.Before,
        };
    }

    private static DateTimeOffset StartOfProcess()
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return self.StartTime.ToUniversalTime();
    }

    private static (long Free, long All) DiskOf(string folder)
    {
        try
        {
            var drive = new DriveInfo(folder);
            return (drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (IOException)
        {
            return (0, 0);
        }
    }
}

/// <summary>Where the gateway's data lies.</summary>
/// <param name="Folder">Absolute path.</param>
internal sealed record DataPath(string Folder);
