using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using SmartCity.Devices;
using SmartCity.Devices.Topics;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Model;
using SmartCity.Mqtt;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>
/// Commands of the cloud to devices, and what became of them. Guarantee: a device's answer that was acknowledged to it is on the disk, and goes to the
/// cloud until that has it. A command is given to its device at least once: again only where the process ended between the two. Thread-safe.
/// </summary>
internal sealed class CommandBook : IDisposable
{
    /// <summary>Commands at a time; one more is refused, and the cloud told so.</summary>
    public const int CommandsMax = 1_000;
    /// <summary>How long after its time an answer is still waited for.</summary>
    private static readonly TimeSpan _lateness = TimeSpan.FromHours(1);
    private static readonly TimeSpan _sweepEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Device, string Request), Entry> _entries = [];
    private readonly Dictionary<(string Device, string Request), Task> _keeping = [];
    // Of refusals and of commands to the gateway itself, which are not kept.
    private readonly List<CommandResult> _passing = [];
    private readonly MqttRecords _records;
    private readonly MqttHub _hub;
    private readonly TimeProvider _clock;
    private readonly ILogger<CommandBook> _logger;
    private readonly OwnCommands? _own;
    private readonly ITimer _sweep;
    private long _look;

    public CommandBook(MqttRecords records, MqttHub hub, TimeProvider clock, ILogger<CommandBook> logger, OwnCommands? own = null)
    {
        (_records, _hub, _clock, _logger, _own) = (records, hub, clock, logger, own);
        foreach (var (key, value) in records.Commands())
        {
            if (Entry.Read(value) is not { } entry) Forget(key);
            else _entries[entry.Key] = entry with { Look = ++_look };
        }
        _sweep = clock.CreateTimer(_ => Sweep(), null, _sweepEvery, _sweepEvery);
    }

    /// <summary>Raised when something has become of a command.</summary>
    public event Action? Changed;

    /// <summary>Commands that the cloud is not done with.</summary>
    public int Count
    {
        get { lock (_gate) return _entries.Count; }
    }

    /// <summary>Takes a command; the work goes on behind it. One that is known already is only told of again.</summary>
    public void Execute(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command.Device.Length == 0 && _own is not null && IsId(command.RequestId))
        {
            DoOwn(command);
            return;
        }
        var key = (command.Device, command.RequestId);
        var refusal = !IsId(command.Device) || !IsId(command.RequestId) ? "device and request id are 1 to 128 of A-Za-z0-9 . _ : - and %XX" : null;
        Entry entry;
        lock (_gate)
        {
            if (refusal is null && _entries.TryGetValue(key, out var known))
            {
                _entries[key] = known with { Look = ++_look };
                // Taken by a process that ended before it could go on.
                if (known.Status != Status.Taken || known.IsUnderWay) return;
                entry = known with { IsUnderWay = true };
                _entries[key] = entry;
            }
            else
            {
                if (refusal is null && _entries.Count >= CommandsMax) refusal = $"{CommandsMax} commands are under way here";
                var now = UnixMicros.Now(_clock);
                entry = new Entry(command.Device, command.RequestId, Status.Taken, command.Payload.ToByteArray(), now, now + command.TimeoutMillis * 1_000L, ++_look) { IsUnderWay = true };
                if (refusal is null) _entries[key] = entry;
                else if (_passing.Count < CommandsMax) _passing.Add(ResultOf(entry with { Status = Status.Refused, Payload = Encoding.UTF8.GetBytes(refusal) }));
            }
        }
        if (refusal is null) _ = DeliverAsync(entry);
        else
        {
            _logger.CommandRefused(command.RequestId, command.Device, refusal);
            Changed?.Invoke();
        }
    }

    /// <summary>Not kept: where the link breaks before the answer arrives, the command comes again, and is done again.</summary>
    private void DoOwn(Command command)
    {
        var (status, answer) = _own!.Do(command.Payload.Memory);
        if (status == CommandStatus.Refused) _logger.CommandRefused(command.RequestId, "the gateway itself", Encoding.UTF8.GetString(answer));
        lock (_gate)
        {
            _look++;
            if (_passing.Count < CommandsMax) _passing.Add(new CommandResult { Device = "", RequestId = command.RequestId, Status = status, Payload = ByteString.CopyFrom(answer), TimeMicros = UnixMicros.Now(_clock) });
        }
        Changed?.Invoke();
    }

    /// <summary>A message is about to go to subscribers: an answer to a command of the cloud is kept first, so that its acknowledgement means that.</summary>
    /// <exception cref="IOException">It could not be kept; it must not be acknowledged.</exception>
    public ValueTask HearAsync(ForwardedPublish message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!message.Topic.EndsWith("/res", StringComparison.Ordinal) || !TopicGrammar.TryParse(Encoding.UTF8.GetBytes(message.Topic), out var topic) || topic.Kind != TopicKind.CommandResult) return ValueTask.CompletedTask;
        var key = (Encoding.UTF8.GetString(topic.Device), Encoding.UTF8.GetString(topic.Request));
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var known)) return ValueTask.CompletedTask;
            // The first answer counts: QoS 1 may bring it again, and then waits for the same disk.
            if (known.Status == Status.Answered) return _keeping.TryGetValue(key, out var first) ? new ValueTask(first) : ValueTask.CompletedTask;
            // In its place at once: what the delivery still has to say comes too late for it.
            var entry = known with { Status = Status.Answered, Payload = message.Payload.ToArray(), Micros = UnixMicros.Now(_clock) };
            _entries[key] = entry;
            var keeping = AnsweredAsync(entry, known);
            _keeping[key] = keeping;
            return new ValueTask(keeping);
        }
    }

    /// <inheritdoc cref="IUplinkHost.CommandResults"/>
    public IReadOnlyList<CommandResult> Results(ref long look)
    {
        lock (_gate)
        {
            if (look == _look) return [];
            var before = look;
            look = _look;
            var results = _entries.Values.Where(entry => entry.Look > before && entry.Status != Status.Taken && !_keeping.ContainsKey(entry.Key)).OrderBy(entry => entry.Look).Select(ResultOf).Concat(_passing).ToList();
            // They are not kept: where the link breaks before they arrive, the command comes again.
            _passing.Clear();
            return results;
        }
    }

    /// <summary>The cloud holds what was said of a command.</summary>
    public void Stored(CommandStored stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        if (!stored.Done) return;
        lock (_gate)
            if (!_entries.Remove((stored.Device, stored.RequestId))) return;
        Forget(Entry.KeyOf(stored.Device, stored.RequestId));
    }

    /// <inheritdoc/>
    public void Dispose() => _sweep.Dispose();

    private async Task DeliverAsync(Entry entry)
    {
        try
        {
            if (!await KeepAsync(entry))
            {
                Replace(entry with { Status = Status.Refused, Payload = "the gateway's disk has no room for it"u8.ToArray() });
                return;
            }
            // Where it reached the device and the process ends before that is kept, the device gets it again.
            var sessions = await _hub.PublishAsync(TopicGrammar.Of(TopicKind.Command, entry.Device, entry.Request), entry.Payload, 1);
            if (sessions == 0) _logger.CommandUnheard(entry.Request, entry.Device);
            // An answer may have come by now; then that stands.
            var after = entry with { Status = sessions == 0 ? Status.Unheard : Status.Delivered, Payload = [], Micros = UnixMicros.Now(_clock) };
            if (Replace(after)) await KeepAsync(after);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or OperationCanceledException or IOException)
        {
            _logger.CommandRefused(entry.Request, entry.Device, error.Message);
            Replace(entry with { Status = Status.Refused, Payload = Encoding.UTF8.GetBytes(error.Message) });
        }
    }

    private async Task AnsweredAsync(Entry entry, Entry before)
    {
        var isKept = await KeepAsync(entry);
        lock (_gate)
        {
            _keeping.Remove(entry.Key);
            if (_entries.ContainsKey(entry.Key)) _entries[entry.Key] = isKept ? entry with { Look = ++_look, IsUnderWay = false } : before;
        }
        if (!isKept) throw new IOException("there is no room for an answer to a command");
        Changed?.Invoke();
    }

    /// <summary>Puts what became of a delivery in the place of what stood there, unless that is an answer or gone.</summary>
    private bool Replace(Entry entry)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(entry.Key, out var before) || before.Status == Status.Answered) return false;
            _entries[entry.Key] = entry with { Look = ++_look, IsUnderWay = false };
        }
        Changed?.Invoke();
        return true;
    }

    private Task<bool> KeepAsync(Entry entry)
    {
        var kept = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var changes = new MqttChanges(kept.SetResult);
        changes.Put(Entry.KeyOf(entry.Device, entry.Request), entry.Write());
        _records.Write(changes);
        return kept.Task;
    }

    private void Forget(byte[] key)
    {
        var changes = new MqttChanges();
        changes.Remove(key);
        _records.Write(changes);
    }

    /// <summary>Forgets commands of which nothing more is to come and that no cloud has asked for any more.</summary>
    private void Sweep()
    {
        List<Entry> over;
        lock (_gate)
        {
            var now = UnixMicros.Now(_clock);
            over = [.. _entries.Values.Where(entry => entry.Status is Status.Delivered or Status.Taken && now > entry.Until + _lateness.TotalMicroseconds)];
            foreach (var entry in over) _entries.Remove(entry.Key);
        }
        foreach (var entry in over) Forget(Entry.KeyOf(entry.Device, entry.Request));
    }

    private static bool IsId(string text) => DeviceId.IsValid(Encoding.UTF8.GetBytes(text));

    private static CommandResult ResultOf(Entry entry) => new()
    {
        Device = entry.Device, RequestId = entry.Request, TimeMicros = entry.Micros, Payload = ByteString.CopyFrom(entry.Payload),
        Status = entry.Status switch { Status.Delivered => CommandStatus.Delivered, Status.Answered => CommandStatus.Answered, Status.Unheard => CommandStatus.Unheard, _ => CommandStatus.Refused },
    };

    private enum Status
    {
        Taken,
        Delivered,
        Answered,
        Unheard,
        Refused,
    }

    /// <param name="Device">Device id.</param>
    /// <param name="Request">Request id.</param>
    /// <param name="Status">What became of it.</param>
    /// <param name="Payload">Of one taken the command, of one answered the answer, of one refused why.</param>
    /// <param name="Micros">When that was.</param>
    /// <param name="Until">Until when an answer is waited for.</param>
    /// <param name="Look">Number of its last change.</param>
    private sealed record Entry(string Device, string Request, Status Status, byte[] Payload, long Micros, long Until, long Look)
    {
        [JsonIgnore] public bool IsUnderWay { get; init; }

        [JsonIgnore] public (string, string) Key => (Device, Request);

        public static byte[] KeyOf(string device, string request) => [MqttRecords.CommandPrefix, .. Encoding.UTF8.GetBytes(device), (byte)'/', .. Encoding.UTF8.GetBytes(request)];

        public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this);

        public static Entry? Read(byte[] value)
        {
            try
            {
                return JsonSerializer.Deserialize<Entry>(value) is { Device: not null, Request: not null, Payload: not null } entry && Enum.IsDefined(entry.Status) ? entry : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}

internal static partial class CommandLog
{
    [LoggerMessage(30, LogLevel.Warning, "Command {Request} to {Device} was refused: {Reason}")]
    public static partial void CommandRefused(this ILogger logger, string request, string device, string reason);

    [LoggerMessage(31, LogLevel.Warning, "Command {Request} reached nobody: {Device} has no session here that listens")]
    public static partial void CommandUnheard(this ILogger logger, string request, string device);
}
