using System.Collections.Concurrent;
using System.Globalization;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Alarms.Delivery;

/// <summary>
/// Sends what waits: each channel in order, at its pace, and apart from the others, so that one that does not answer delays nobody else's. What fails is tried
/// again after 2 s, doubled up to 5 min, until it is too old. An alarm that was acknowledged meanwhile is not escalated any more.
/// </summary>
internal sealed class AlarmDelivery : BackgroundService
{
    private const int TakenMax = 200;
    private const long RetryFirst = 2 * UnixMicros.PerSecond, RetryMax = 300 * UnixMicros.PerSecond;
    private static readonly TimeSpan _poll = TimeSpan.FromSeconds(1);

    private readonly AlarmConsumer _consumer;
    private readonly AlarmQueries _queries;
    private readonly AlarmServerOptions _options;
    private readonly TimeZoneInfo _zone;
    private readonly TimeProvider _clock;
    private readonly ILogger<AlarmDelivery> _logger;
    private readonly Dictionary<AlarmChannelKind, IAlarmSender> _senders;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly ConcurrentDictionary<string, Pace> _paces = new(StringComparer.Ordinal);
    private long _sent, _failed;

    public AlarmDelivery(AlarmConsumer consumer, AlarmQueries queries, IEnumerable<IAlarmSender> senders, Operations.ServerOptions options, TimeProvider clock, ILogger<AlarmDelivery> logger)
    {
        (_consumer, _queries, _options, _clock, _logger) = (consumer, queries, options.Alarms, clock, logger);
        _zone = TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone);
        _senders = senders.ToDictionary(sender => sender.Kind);
        consumer.Said += Look;
    }

    /// <summary>Messages delivered since the start.</summary>
    public long Sent => Interlocked.Read(ref _sent);
    /// <summary>Attempts that failed since the start.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Tries a channel at once, once.</summary>
    /// <returns>What went wrong; null where it was delivered.</returns>
    public async Task<string?> TestAsync(AlarmChannel channel, string by, CancellationToken cancellationToken)
    {
        var words = LanguageOf(channel).Words;
        var message = new AlarmMessage($"test-{Guid.NewGuid():N}", words["alarm.message.test"], words["alarm.message.test.text", channel.Name ?? channel.Id, by], 0, null, null, null, "low", null, null, 0, 0, _options.PublicAddress, true);
        try
        {
            await _senders[channel.Kind].SendAsync(channel, message, cancellationToken);
            return null;
        }
        catch (AlarmSendException error)
        {
            return error.Message;
        }
    }

    public override void Dispose()
    {
        _consumer.Said -= Look;
        _signal.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new Dictionary<string, Task>(StringComparer.Ordinal);
        var signal = _signal.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(signal, Task.Delay(_poll, _clock, stoppingToken));
            if (signal.IsCompletedSuccessfully) signal = _signal.WaitAsync(stoppingToken);
            foreach (var done in running.Where(one => one.Value.IsCompleted).Select(one => one.Key).ToList()) running.Remove(done);
            List<NoticeRow> due;
            try
            {
                due = await _consumer.WithStoreAsync(store => store.DueNotices(UnixMicros.Now(_clock), TakenMax));
            }
            catch (Microsoft.Data.Sqlite.SqliteException)
            {
                // The consumer says what is wrong with its store.
                continue;
            }
            foreach (var channel in due.GroupBy(notice => notice.Channel, StringComparer.Ordinal))
                if (!running.ContainsKey(channel.Key)) running.Add(channel.Key, SendAllAsync(channel.Key, [.. channel], stoppingToken));
        }
        await Task.WhenAll(running.Values);
    }

    private void Look(IReadOnlyList<AlarmOutput> said)
    {
        if (_signal.CurrentCount == 0 && said.Any(one => one is AlarmNotice)) _signal.Release();
    }

    private async Task SendAllAsync(string id, List<NoticeRow> notices, CancellationToken stop)
    {
        try
        {
            foreach (var notice in notices)
                if (!await SendAsync(id, notice, stop)) return;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // They wait in the store.
        }
    }

    /// <returns>False where the channel is to be left alone for a while.</returns>
    private async Task<bool> SendAsync(string id, NoticeRow notice, CancellationToken stop)
    {
        var now = UnixMicros.Now(_clock);
        if (_consumer.Settings.Channels.FirstOrDefault(one => one.Id == id) is not { } channel) return await DoneAsync("given up", "the channel was taken away");
        var alarm = notice.Alarm == 0 ? null : _queries.Find(notice.Alarm);
        // Whoever is told of what is over, or taken care of, learns to disregard the next message.
        if (notice.Alarm != 0 && alarm is null or { Acknowledged: not null } or { Closed: not null }) return await DoneAsync("not needed", null);
        if (now - notice.Created > _options.GiveUpAfter.TotalMicroseconds) return await DoneAsync("given up", notice.Trouble);
        var pace = _paces.GetOrAdd(id, static _ => new Pace());
        if (pace.Wait(now, channel.PerMinuteMax ?? 30) is > 0 and var wait)
        {
            await LaterAsync(notice.Attempts, now + wait, notice.Trouble);
            return false;
        }
        try
        {
            await _senders[channel.Kind].SendAsync(channel, MessageOf(notice, alarm, channel), stop);
        }
        catch (AlarmSendException error)
        {
            Interlocked.Increment(ref _failed);
            if (!pace.IsFailing) _logger.ChannelFails(id, error.Message);
            pace.IsFailing = true;
            if (error.IsForGood) return await DoneAsync("refused", error.Message);
            var delay = Math.Min(RetryMax, RetryFirst << Math.Min(20, notice.Attempts));
            await LaterAsync(notice.Attempts + 1, now + (long)(delay * (0.5 + (Random.Shared.NextDouble() / 2))), error.Message);
            return false;
        }
        Interlocked.Increment(ref _sent);
        if (pace.IsFailing) _logger.ChannelWorks(id);
        pace.IsFailing = false;
        return await DoneAsync("sent", null);

        async Task<bool> DoneAsync(string outcome, string? trouble) => await _consumer.WithStoreAsync(store =>
        {
            store.Attempted(notice.Id, notice.Attempts + 1, 0, UnixMicros.Now(_clock), outcome, trouble);
            return true;
        });

        Task<bool> LaterAsync(int attempts, long at, string? trouble) => _consumer.WithStoreAsync(store =>
        {
            store.Attempted(notice.Id, attempts, at, null, null, trouble);
            return true;
        });
    }

    private AlarmMessage MessageOf(NoticeRow notice, AlarmRow? alarm, AlarmChannel channel)
    {
        var language = LanguageOf(channel);
        var (words, text) = (language.Words, new LocalText(language, _zone));
        var rule = notice.Rule is null ? null : _consumer.Settings.Rules.FirstOrDefault(one => one.Id == notice.Rule);
        var texts = rule is null ? null : RuleTexts.Of(rule, language.Code);
        var link = _options.PublicAddress is { } address ? $"{address.TrimEnd('/')}/alarms{(alarm is null ? "" : string.Create(CultureInfo.InvariantCulture, $"/{alarm.Id}"))}" : null;
        var id = string.Create(CultureInfo.InvariantCulture, $"alarm-{notice.Id}-{notice.Created}");
        if (alarm is null)
        {
            var several = rule is null ? words["alarm.message.flood", text.Whole(notice.Held)] : words["alarm.message.held", texts!.Name, text.Whole(notice.Held)];
            return new AlarmMessage(id, several, string.Join('\n', new[] { several, link }.OfType<string>()), 0, notice.Rule, null, null, AlarmWords.Of(notice.Priority), null, null, notice.Step, notice.Held, link, false);
        }
        var place = alarm.Device ?? alarm.OfGateway!;
        var title = $"{words[$"alarm.priority.{AlarmWords.Of(alarm.Priority)}"]}: {texts?.Name ?? alarm.Rule} – {place}";
        var lines = new List<string> { title, words["alarm.message.since", text.DateAndTime(alarm.Raised)] };
        if (alarm.Value is not null) lines.Add($"{words["alarm.value"]}: {alarm.Value}");
        if (alarm.Area is not null) lines.Add($"{words["alarm.area"]}: {alarm.Area}");
        if (notice.Step > 0) lines.Add(words["alarm.message.escalated"]);
        if (notice.Held > 0) lines.Add(words["alarm.message.more", text.Whole(notice.Held)]);
        if (texts is not null)
        {
            lines.Add("");
            lines.Add($"{words["alarm.cause"]}: {texts.Cause}");
            lines.Add($"{words["alarm.consequence"]}: {texts.Consequence}");
            lines.Add($"{words["alarm.action"]}: {texts.Action}");
        }
        if (link is not null) lines.AddRange(["", link]);
        return new AlarmMessage(id, title, string.Join('\n', lines), alarm.Id, alarm.Rule, alarm.Device, alarm.Gateway ?? alarm.OfGateway, AlarmWords.Of(alarm.Priority), UnixMicros.ToTime(alarm.Raised), alarm.Value, notice.Step, notice.Held, link, false);
    }

    private static Language LanguageOf(AlarmChannel channel) => channel.Language == Language.Persian.Code ? Language.Persian : Language.English;

    /// <summary>How fast a channel may go. Each channel's messages are sent one after the other, so that it needs no lock.</summary>
    private sealed class Pace
    {
        private readonly Queue<long> _sent = new();

        public bool IsFailing { get; set; }

        /// <summary>How long to wait, µs; 0 = go.</summary>
        public long Wait(long now, int perMinute)
        {
            while (_sent.TryPeek(out var first) && first <= now - (60 * UnixMicros.PerSecond)) _sent.Dequeue();
            if (_sent.Count >= perMinute) return _sent.Peek() + (60 * UnixMicros.PerSecond) - now;
            _sent.Enqueue(now);
            return 0;
        }
    }
}
