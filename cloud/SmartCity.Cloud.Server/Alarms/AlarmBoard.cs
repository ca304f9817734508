using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>What is open and set aside now, read once for all who look at it until something is said again.</summary>
internal sealed class AlarmBoard : IDisposable
{
    private readonly AlarmConsumer _consumer;
    private readonly AlarmQueries _queries;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _revision = 1;
    private volatile Known? _known;

    public AlarmBoard(AlarmConsumer consumer, AlarmQueries queries)
    {
        (_consumer, _queries) = (consumer, queries);
        consumer.Said += Changed;
    }

    /// <summary>Another one after each change.</summary>
    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>Ends with the next change after <paramref name="revision"/>.</summary>
    public Task ChangeAfterAsync(long revision)
    {
        var change = Volatile.Read(ref _change).Task;
        return Revision != revision ? Task.CompletedTask : change;
    }

    /// <summary>Open alarms, the newest first, and what is not normal.</summary>
    public async Task<(IReadOnlyList<AlarmRow> Open, IReadOnlyList<AlarmView> Views)> LookAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known && known.Revision == Revision) return (known.Open, known.Views);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_known is { } late && late.Revision == Revision) return (late.Open, late.Views);
            // In this order: what is read after the revision is of it or newer.
            var revision = Revision;
            var fresh = new Known(revision, _queries.Open(), await _consumer.ViewsAsync());
            _known = fresh;
            return (fresh.Open, fresh.Views);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The numbers of the banner.</summary>
    public async Task<AlarmSummary> SummaryAsync(Func<string, bool> shows, string language, CancellationToken cancellationToken)
    {
        var (all, views) = await LookAsync(cancellationToken);
        var open = all.Where(row => shows(row.Source)).ToList();
        var aside = views.Where(view => shows(view.Source)).ToList();
        var newest = open.Where(row => row.State == AlarmState.Unacknowledged).MaxBy(row => (row.Priority, row.Id));
        return new AlarmSummary(Count(open.Where(row => row.State == AlarmState.Unacknowledged)), Count(open.Where(row => row.State == AlarmState.Acknowledged)), open.Count(row => row.State == AlarmState.Returned),
            aside.Count(view => view.State == AlarmState.Shelved), aside.Count(view => view.State == AlarmState.OutOfService), aside.Count(view => view.State == AlarmState.Suppressed && view.Alarm != 0), _consumer.IsFlood,
            newest is null ? null : EntryOf(newest, language));
    }

    public AlarmEntry EntryOf(AlarmRow row, string language)
    {
        var rule = _consumer.Settings.Rules.FirstOrDefault(one => one.Id == row.Rule);
        return new AlarmEntry(row.Id, row.Rule, rule is null ? row.Rule : RuleTexts.Of(rule, language).Name, row.Device, row.OfGateway ?? row.Gateway, row.Area, AlarmWords.Of(row.State), AlarmWords.Of(row.Priority), row.IsAlarm,
            UnixMicros.ToTime(row.Raised), Time(row.Returned), Time(row.Acknowledged), row.AcknowledgedBy, Time(row.Closed), row.Times, row.IsUnstable, row.Value);
    }

    public static AlarmCounts Count(IEnumerable<AlarmRow> rows) => Count(rows.Select(row => row.Priority));

    public static AlarmCounts Count(IEnumerable<AlarmPriority> priorities)
    {
        Span<int> counts = stackalloc int[4];
        foreach (var priority in priorities) counts[(int)priority]++;
        return new AlarmCounts(counts[3], counts[2], counts[1], counts[0]);
    }

    public static AlarmChangeEntry EntryOf(ChangeRow row) => new(row.Id, UnixMicros.ToTime(row.At), UnixMicros.ToTime(row.Recorded), row.Alarm, row.Rule, row.Source, AlarmWords.Of(row.Change), AlarmWords.Of(row.State), row.IsAnnounced, row.By, row.Note,
        row.Value, row.Until == 0 ? null : UnixMicros.ToTime(row.Until));

    public static AlarmAside AsideOf(AlarmView view) => new(view.Rule, view.Source, AlarmWords.Of(view.State), view.Alarm, view.ShelvedUntil is > 0 and var until ? UnixMicros.ToTime(until) : null, view.AsideBy,
        view.State == AlarmState.Suppressed ? view.SuppressedBy : view.AsideWhy);

    public void Dispose()
    {
        _consumer.Said -= Changed;
        _gate.Dispose();
    }

    private static DateTimeOffset? Time(long? micros) => micros is { } time ? UnixMicros.ToTime(time) : null;

    private void Changed(IReadOnlyList<AlarmOutput> said)
    {
        Interlocked.Increment(ref _revision);
        Interlocked.Exchange(ref _change, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private sealed record Known(long Revision, IReadOnlyList<AlarmRow> Open, IReadOnlyList<AlarmView> Views);
}
