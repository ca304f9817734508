using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Faults;

/// <summary>Takes together what is wrong at one moment, from the parts that know it. Called by one thread at a time.</summary>
internal sealed class FaultReporter(
    ServerOptions options, DurableLog log, GatewayDirectory gateways, IngestCounters ingest, CloudAudit audit, RunRecord run, IEnumerable<IHealthPart> parts, IEnumerable<LogConsumer> consumers, TimeProvider clock)
{
    /// <summary>A gateway that is away for less only changes its connection.</summary>
    private static readonly TimeSpan _awayAfter = TimeSpan.FromSeconds(5);
    /// <summary>Within it gateways come back after a start of the server.</summary>
    private static readonly TimeSpan _backWithin = TimeSpan.FromMinutes(2);
    /// <summary>How long that is told which is over as it happens.</summary>
    private static readonly TimeSpan _toldFor = TimeSpan.FromHours(1);
    /// <summary>How often what must be read from the disk is read.</summary>
    private static readonly TimeSpan _readEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _stepMin = TimeSpan.FromSeconds(5);
    private const double QueueHigh = 0.8, QueueFull = 0.95, DiskLow = 0.05;

    private readonly long _begin = clock.GetTimestamp();
    private readonly DateTimeOffset _beganAt = clock.GetUtcNow();
    private readonly List<FaultRow> _fromDisk = [];
    private long _readAt;
    private bool _hasRead;
    private TimeSpan _clockOffset;
    private (long At, TimeSpan By)? _step;
    private (long At, long Count) _certificates;

    /// <summary>What is wrong now; <see cref="FaultRow.Since"/> is the moment of the look.</summary>
    public IReadOnlyList<FaultRow> Take()
    {
        var now = clock.GetTimestamp();
        var rows = new List<FaultRow>();
        if (run.Before is { } end) Add(rows, $"ended-{end.Cause.ToString().ToLowerInvariant()}", false, FaultPart.Time(Micros(end.Seen)), FaultPart.Time(Micros(end.Again)), FaultPart.Of(end.Reason));
        LookAtLog(rows);
        LookAtParts(rows);
        LookAtGateways(rows);
        LookAtClock(rows, now);
        if (ingest.CertificatesRefused is var refused && refused > _certificates.Count) _certificates = (now, refused);
        if (_certificates.Count > 0 && clock.GetElapsedTime(_certificates.At, now) < _toldFor) Add(rows, "certificates", false, FaultPart.Count(_certificates.Count));
        foreach (var terms in audit.Last?.Items ?? [])
            if (terms.Imbalance != 0) Add(rows, "imbalance", true, $"{terms.Gateway}/{terms.Lane}", terms.Gateway, FaultPart.Of(terms.Gateway), FaultPart.Word($"lane.{terms.Lane}"), FaultPart.Count(terms.Imbalance));
        if (!_hasRead || clock.GetElapsedTime(_readAt, now) > _readEvery)
        {
            (_readAt, _hasRead) = (now, true);
            _fromDisk.Clear();
            ReadDisk(_fromDisk);
        }
        rows.AddRange(_fromDisk);
        return [.. rows.OrderByDescending(row => row.IsAlarm)];
    }

    private void LookAtLog(List<FaultRow> rows)
    {
        if (log.IsFull) Add(rows, "log-full", true);
        else if (log.Room == 0) Add(rows, "log-quota", true, FaultPart.Of(consumers.MaxBy(consumer => consumer.Lag)?.Name));
        foreach (var note in log.Notes) Add(rows, "log-note", false, note, null, FaultPart.Of(note));
    }

    private void LookAtParts(List<FaultRow> rows)
    {
        var byName = consumers.ToDictionary(consumer => consumer.Name);
        foreach (var part in parts)
        {
            if (part.Name is "log" or "gateways") continue;
            var consumer = byName.GetValueOrDefault(part.Name);
            // A store that is being opened is not yet a fault.
            if (part.Trouble is { } trouble && (consumer is null || consumer.Trouble is not null || clock.GetElapsedTime(_begin) > _backWithin))
            {
                if (consumer is null) Add(rows, "part", true, part.Name, null, FaultPart.Of(part.Name), FaultPart.Of(trouble));
                else Add(rows, "store", true, part.Name, null, FaultPart.Of(part.Name), FaultPart.Of(trouble), FaultPart.Count(consumer.Lag));
            }
            else if (part.Warning is { } warning) Add(rows, "part", false, part.Name, null, FaultPart.Of(part.Name), FaultPart.Of(warning));
        }
    }

    private void LookAtGateways(List<FaultRow> rows)
    {
        var now = clock.GetUtcNow();
        foreach (var state in gateways.All())
        {
            var id = FaultPart.Of(state.Gateway);
            if (state.Copy is { } copy) AddOf("gateway-copy", true, FaultPart.Of(copy));
            // Its own reasons come first: a gateway that is refused is away, too.
            else if (!state.Connected && state.Refusal is { } refusal) AddOf("gateway-refused", true, FaultPart.Of(refusal));
            else if (!state.Connected && (now - state.Since).Duration() >= _awayAfter) AddOf("gateway-away", true, FaultPart.Time(Micros(state.Since)));
            if (state is not { Connected: true, Status: { } status }) continue;
            if (!status.ClockTrusted) AddOf("gateway-clock", false);
            if (status.QuotaBytes > 0 && status.QueuedBytes > QueueHigh * status.QuotaBytes)
                AddOf("gateway-full", status.QueuedBytes > QueueFull * status.QuotaBytes, FaultPart.Count((long)(100.0 * status.QueuedBytes / status.QuotaBytes)), FaultPart.Count((long)status.QueuedValues));
            if (status.DeadLetters > 0) AddOf("gateway-letters", false, FaultPart.Count((long)status.DeadLetters));

            void AddOf(string kind, bool isAlarm, params FaultPart[] parts) => Add(rows, kind, isAlarm, state.Gateway, state.Gateway, [id, .. parts]);
        }
    }

    /// <summary>The clock of times against the one of durations, which nobody sets.</summary>
    private void LookAtClock(List<FaultRow> rows, long now)
    {
        var offset = clock.GetUtcNow() - _beganAt - clock.GetElapsedTime(_begin, now);
        if ((offset - _clockOffset).Duration() > _stepMin) _step = (now, offset - _clockOffset);
        _clockOffset = offset;
        if (_step is { } step && clock.GetElapsedTime(step.At, now) < _toldFor) Add(rows, step.By > TimeSpan.Zero ? "clock-forward" : "clock-back", false, FaultPart.Count((long)step.By.Duration().TotalSeconds));
    }

    private void ReadDisk(List<FaultRow> rows)
    {
        var day = UnixMicros.Now(clock) - (long)TimeSpan.FromDays(1).TotalMicroseconds;
        var lost = log.Completeness(from: day).SelectMany(lane => lane.Missing, (lane, range) => (lane.Gateway, range.Reason, Count: range.Last - range.First + 1)).GroupBy(range => (range.Gateway, range.Reason));
        foreach (var range in lost)
            Add(rows, "numbers-missing", false, $"{range.Key.Gateway}/{(int)range.Key.Reason}", range.Key.Gateway, FaultPart.Of(range.Key.Gateway), FaultPart.Count(range.Sum(one => one.Count)), FaultPart.Word($"gap.{(int)range.Key.Reason}"));
        if (log.DeadLetterCount is var letters and > 0) Add(rows, letters >= log.DeadLettersMax ? "letters-full" : "letters", letters >= log.DeadLettersMax, FaultPart.Count(letters));
        if (clock.GetElapsedTime(_begin) > _backWithin)
        {
            var seen = gateways.All().Select(state => state.Gateway).ToHashSet(StringComparer.Ordinal);
            foreach (var id in log.Gateways().Where(id => id != LogImporter.Gateway && !seen.Contains(id))) Add(rows, "gateway-unseen", false, id, id, FaultPart.Of(id), FaultPart.Time(Micros(_beganAt)));
        }
        try
        {
            var drive = new DriveInfo(Path.GetFullPath(options.Data));
            if (drive.TotalSize > 0 && drive.AvailableFreeSpace < drive.TotalSize * DiskLow) Add(rows, "disk-low", false, FaultPart.Count(100 * drive.AvailableFreeSpace / drive.TotalSize));
        }
        catch (IOException)
        {
            // A volume that does not tell is none that is known to be full.
        }
    }

    private static long Micros(DateTimeOffset time) => Math.Clamp(UnixMicros.From(time), UnixMicros.Min, UnixMicros.Max);

    private void Add(List<FaultRow> rows, string kind, bool isAlarm, params FaultPart[] parts) => Add(rows, kind, isAlarm, "", null, parts);

    private void Add(List<FaultRow> rows, string kind, bool isAlarm, string subject, string? gateway, params FaultPart[] parts) => rows.Add(new FaultRow(kind, subject, gateway, isAlarm, parts, UnixMicros.Now(clock)));
}
