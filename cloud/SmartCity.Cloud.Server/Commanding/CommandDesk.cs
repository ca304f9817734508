using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Fleet.Commands;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Devices;
using SmartCity.Model;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Commanding;

/// <summary>
/// Sends commands to devices by their gateways and keeps what became of them. A command goes to its gateway until that has said what became of it, at
/// least once; what a device answered is here once, durably. Timeouts run on the clock that nobody sets.
/// </summary>
internal sealed class CommandDesk(CommandStore store, TimeProvider clock, ILogger<CommandDesk> logger) : BackgroundService, IUplinkCommands
{
    /// <summary>Open commands of one gateway; as many as it takes.</summary>
    public const int OpenMax = 1_000;
    /// <summary>Longest payload and answer, bytes.</summary>
    public const int PayloadBytesMax = 256 << 10;
    /// <summary>Commands kept, and for how long.</summary>
    private const int KeptMax = 100_000;
    private static readonly TimeSpan _keptFor = TimeSpan.FromDays(90);
    /// <summary>How long after its time an answer is still waited for; as long as the gateway waits.</summary>
    private static readonly TimeSpan _lateness = TimeSpan.FromHours(1);
    private static readonly TimeSpan _lookEvery = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, IServerStreamWriter<UplinkResponse>> _lines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Device, string Request), long> _begun = [];
    private readonly ConcurrentDictionary<(string Device, string Request), TaskCompletionSource> _waiting = [];

    /// <summary>Keeps a command and sends it where its gateway is connected. One that stands there already is only given back.</summary>
    /// <returns>It as it stands, and whether it is new.</returns>
    public (DeviceCommand Command, bool IsNew) Send(DeviceCommand command)
    {
        var (kept, isNew) = store.Add(command);
        if (!isNew) return (kept, false);
        _begun[(kept.Device, kept.Request)] = clock.GetTimestamp();
        // Not waited for, and not ended with the caller's request: a write that is given up takes the gateway's stream with it.
        if (_lines.TryGetValue(kept.Gateway, out var line)) _ = WriteAsync(kept, line, CancellationToken.None);
        return (kept, true);
    }

    /// <summary>Waits until nothing more can become of a command, or for so long.</summary>
    public async Task<DeviceCommand?> WaitAsync(string device, string request, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var begin = clock.GetTimestamp();
        while (true)
        {
            // Asked for before the look, so that no change falls between.
            var changed = _waiting.GetOrAdd((device, request), _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var now = store.Find(device, request);
            var left = atMost - clock.GetElapsedTime(begin);
            if (now is not { IsOpen: true })
            {
                _waiting.TryRemove((device, request), out _);
                return now;
            }
            if (left <= TimeSpan.Zero) return now;
            await changed.Task.WaitAsync(left, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public async Task OpenedAsync(string gateway, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken)
    {
        _lines[gateway] = line;
        foreach (var command in store.Open(gateway).Where(command => command.IsToBeSent)) await WriteAsync(command, line, cancellationToken);
    }

    /// <inheritdoc/>
    public void Closed(string gateway, IServerStreamWriter<UplinkResponse> line) => _lines.TryRemove(KeyValuePair.Create(gateway, line));

    /// <inheritdoc/>
    public async Task TakeAsync(string gateway, CommandResult result, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken)
    {
        // A command without a device is one to the gateway itself.
        if ((result.Device.Length > 0 && !IsId(result.Device)) || !IsId(result.RequestId)) throw new UplinkRefusal("E-UPLINK-COMMAND", StatusCode.InvalidArgument, "a command's device and request id are 1 to 128 of A-Za-z0-9 . _ : - and %XX.");
        if (result.Payload.Length > PayloadBytesMax) throw new UplinkRefusal("E-UPLINK-COMMAND", StatusCode.InvalidArgument, $"an answer to a command has {result.Payload.Length} bytes; at most {PayloadBytesMax}.");
        var state = result.Status switch
        {
            CommandStatus.Delivered => CommandState.Delivered,
            CommandStatus.Answered => CommandState.Answered,
            CommandStatus.Unheard => CommandState.Unheard,
            CommandStatus.Refused => CommandState.Refused,
            _ => throw new UplinkRefusal("E-UPLINK-COMMAND", StatusCode.InvalidArgument, $"what became of a command is {(int)result.Status}; use 1 delivered, 2 answered, 3 unheard or 4 refused."),
        };
        DeviceCommand? now;
        try
        {
            now = store.Change(result.Device, result.RequestId, gateway, state, Math.Clamp(result.TimeMicros, UnixMicros.Min, UnixMicros.Max), state is CommandState.Answered or CommandState.Refused ? result.Payload.ToByteArray() : null);
        }
        catch (SqliteException error)
        {
            logger.ResultNotKept(result.RequestId, result.Device, error.Message);
            return;
        }
        Tell((result.Device, result.RequestId), now);
        // One that is over its time is still waited for a while, as its gateway does.
        var isDone = now is null || (!now.IsOpen && (now.State != CommandState.Expired || UnixMicros.Now(clock) - now.Made > (now.Timeout + _lateness).TotalMicroseconds));
        await line.WriteAsync(new UplinkResponse { CommandStored = new CommandStored { Device = result.Device, RequestId = result.RequestId, Done = isDone } }, cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        // Those of the process before: what is left of their time is known by the wall clock alone.
        foreach (var command in store.Open())
            _begun.TryAdd((command.Device, command.Request), clock.GetTimestamp() - (long)(Math.Clamp((UnixMicros.Now(clock) - command.Made) / 1e6, 0, command.Timeout.TotalSeconds) * clock.TimestampFrequency));
        var pruned = clock.GetTimestamp();
        using var timer = new PeriodicTimer(_lookEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    Expire();
                    if (clock.GetElapsedTime(pruned) < _lateness) continue;
                    pruned = clock.GetTimestamp();
                    store.Prune(UnixMicros.Now(clock) - (long)_keptFor.TotalMicroseconds, KeptMax);
                }
                catch (SqliteException error)
                {
                    // A full disk: tried again.
                    logger.StateNotKept(error.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Ends what no answer came to in time.</summary>
    private void Expire()
    {
        foreach (var (key, begun) in _begun)
        {
            if (store.Find(key.Device, key.Request) is not { IsOpen: true } command)
            {
                Tell(key, null);
                continue;
            }
            if (clock.GetElapsedTime(begun) < command.Timeout) continue;
            Tell(key, store.Change(key.Device, key.Request, null, CommandState.Expired, UnixMicros.Now(clock), null));
        }
    }

    private async Task WriteAsync(DeviceCommand command, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken)
    {
        try
        {
            await line.WriteAsync(new UplinkResponse
            {
                Command = new Command { Device = command.Device, RequestId = command.Request, Payload = ByteString.CopyFrom(command.Payload), TimeoutMillis = (uint)command.Timeout.TotalMilliseconds },
            }, cancellationToken);
            Tell((command.Device, command.Request), store.Change(command.Device, command.Request, command.Gateway, CommandState.Sent, UnixMicros.Now(clock), null));
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or ObjectDisposedException or RpcException)
        {
            // The link is gone; the next one brings it.
        }
        catch (SqliteException error)
        {
            // It is on its way and called waiting: it goes out again, and the gateway knows it.
            logger.StateNotKept(error.Message);
        }
    }

    private void Tell((string Device, string Request) key, DeviceCommand? now)
    {
        if (now is not { IsOpen: true }) _begun.TryRemove(key, out _);
        if (_waiting.TryRemove(key, out var waiting)) waiting.TrySetResult();
    }

    private static bool IsId(string text) => DeviceId.IsValid(System.Text.Encoding.UTF8.GetBytes(text));
}

internal static partial class CommandDeskLog
{
    [LoggerMessage(40, LogLevel.Warning, "What became of command {Request} to {Device} cannot be kept for now; the gateway says it again: {Reason}")]
    public static partial void ResultNotKept(this ILogger logger, string request, string device, string reason);

    [LoggerMessage(41, LogLevel.Warning, "The state of commands cannot be kept for now: {Reason}")]
    public static partial void StateNotKept(this ILogger logger, string reason);
}
