using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Devices.Telemetry;
using SmartCity.Edge.Gateway;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Edge.Spool;
using SmartCity.Model;
using SmartCity.Mqtt;
using SmartCity.Protos.Uplink.V1;
using Lane = SmartCity.Model.Lane;

namespace SmartCity.Simulation;

/// <summary>Intake, spool and uplink of one process of the gateway, from its start to its death.</summary>
internal sealed class GatewayNode : IUplinkHost, IDisposable
{
    private readonly TimeProvider _clock;
    private readonly UplinkOptions _options = new() { Address = "https://cloud:1" };
    private readonly UplinkState _state = new();
    private readonly ulong _incarnation;
    private readonly Dictionary<int, DeviceSeries> _series = [];
    private readonly CancellationTokenSource _death = new();
    private readonly CommitLoop _commits;
    private readonly MqttHub _hub = new();
    private readonly ClockTrust _trust;

    public GatewayNode(Disk disk, long fileBytesMax, ulong incarnation, TimeProvider clock)
    {
        (_clock, _incarnation) = (clock, incarnation);
        Spool = Spool.Open(new SpoolOptions
        {
            Folder = disk.Folder, ReserveBytes = 0, FileBytesMax = fileBytesMax, Machine = "simulated", Clock = clock,
            Lanes = [.. Lanes.ByPriority.Select(lane => new SpoolLane((byte)lane, 1 << 30))], DeadLetterQuotaBytes = 1 << 30,
        });
        _trust = new ClockTrust(clock) { IsSynchronised = static () => true };
        Intake = new Intake(Spool, new SpoolSettings(), _trust, clock);
        _commits = new CommitLoop(Spool, Intake, _hub, NullLogger<CommitLoop>.Instance, static reason => throw new BrokenException($"the gateway ends: {reason}"));
    }

    public Spool Spool { get; }
    public Intake Intake { get; }
    public Task? Session { get; private set; }
    public bool IsConnected => Session is { IsCompleted: false };

    public bool Publish(Device device)
    {
        if (!_series.TryGetValue(device.Number, out var series)) _series.Add(device.Number, series = new DeviceSeries(System.Text.Encoding.UTF8.GetBytes(device.Id)));
        return device.Publish(Intake, series);
    }

    public void Commit() => _commits.Step();

    /// <summary>Opens a stream over a link.</summary>
    public void Connect(Link link) => Session = RunAsync(link);

    private async Task RunAsync(Link link)
    {
        using var session = new UplinkSession(_options, Spool, this, _state, _incarnation, _clock, NullLogger.Instance);
        try
        {
            await session.RunAsync(new LinkClient(link), _death.Token);
        }
        catch (Exception error) when (error is Grpc.Core.RpcException or IOException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            // As the service around it: the next stream is opened later.
        }
        link.BreakAtGateway();
    }

    public void Die() => _death.Cancel();

    public void Dispose()
    {
        _commits.Dispose();
        Intake.Dispose();
        Spool.Dispose();
        _death.Dispose();
    }

    void IUplinkHost.Release(ulong epoch, byte lane, long through) => _commits.Release(epoch, lane, through);
    void IUplinkHost.ObserveServerTime(long micros) => _trust.Observe(micros);
    Protos.Uplink.V1.Status IUplinkHost.Status() => new() { TimeMicros = UnixMicros.Now(_clock), DeadLetters = (ulong)Spool.DeadLetterCount };
    void IUplinkHost.Execute(Command command)
    {
    }
}
