using System.Globalization;
using System.Net.Mail;
using SmartCity.Cloud.Pipelines.Alarms.Conditions;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>Rules, schedules and channels that have been checked and read, ready for the fold.</summary>
public sealed class AlarmPlan
{
    private const int FaultsMax = 100, TextMax = 2_000, StepsMax = 20, PatternsMax = 1_000;
    private static readonly TimeSpan _delayMax = TimeSpan.FromDays(7), _freshMax = TimeSpan.FromDays(30);

    private AlarmPlan(AlarmSettings settings, IReadOnlyList<CompiledRule> rules) => (Settings, Rules) = (settings, rules);

    /// <summary>Rules at most.</summary>
    public const int RulesMax = 200_000;

    /// <summary>No rules.</summary>
    public static AlarmPlan Empty { get; } = new(new AlarmSettings(), []);

    /// <summary>What it was made of.</summary>
    public AlarmSettings Settings { get; }

    /// <summary>The rules that are switched on.</summary>
    internal IReadOnlyList<CompiledRule> Rules { get; }

    /// <summary>Checks and reads.</summary>
    /// <param name="settings">What is to hold.</param>
    /// <param name="place">Where it was read, for faults.</param>
    /// <param name="read">What stands there, where <paramref name="settings"/> holds more: faults name places in it. Null where it is all.</param>
    /// <exception cref="AlarmRulesException">Something in it cannot be; it says all that is wrong.</exception>
    public static AlarmPlan Of(AlarmSettings settings, string place = "the rules", AlarmSettings? read = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        read ??= settings;
        var places = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        foreach (var list in (IEnumerable<IEnumerable<object>>)[read.Schedules, read.Channels, read.Rules])
            foreach (var (entry, i) in list.Select((entry, i) => (entry, i))) places.TryAdd(entry, i);
        var faults = new List<string>();
        var schedules = new Dictionary<string, AlarmSchedule>(StringComparer.Ordinal);
        var channels = new HashSet<string>(StringComparer.Ordinal);
        if (settings.Rules.Count > RulesMax) faults.Add($"{place}: {settings.Rules.Count:N0} rules; at most {RulesMax:N0} are possible.");
        foreach (var schedule in settings.Schedules) CheckSchedule(schedule, PlaceOf("schedules", schedule, schedule.Id));
        foreach (var channel in settings.Channels) CheckChannel(channel, PlaceOf("channels", channel, channel.Id));
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var compiled = new List<CompiledRule>(settings.Rules.Count);
        foreach (var rule in settings.Rules)
        {
            var before = faults.Count;
            CheckRule(rule, PlaceOf("rules", rule, rule.Id));
            if (faults.Count > FaultsMax) break;
            if (faults.Count == before && !rule.IsDisabled) compiled.Add(CompiledRule.Of(rule, schedules));
        }
        if (faults.Count > 0) throw new AlarmRulesException(string.Join('\n', faults.Take(FaultsMax)) + (faults.Count > FaultsMax ? "\nand more." : ""));
        return new AlarmPlan(settings, compiled);

        string PlaceOf(string list, object entry, string id) => places.TryGetValue(entry, out var i) ? $"{place}, {list}[{i}] \"{id}\"" : $"{list} in force, \"{id}\"";

        void CheckSchedule(AlarmSchedule schedule, string where)
        {
            CheckId(schedule.Id, where);
            if (!schedules.TryAdd(schedule.Id, schedule)) faults.Add($"{where}: there is another schedule of this id.");
            if (schedule.Days is { Count: 0 }) faults.Add($"{where}, days: name a day, or leave days out for every one.");
            if (schedule.Zone is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)) faults.Add($"{where}, zone: \"{zone}\" is no IANA zone, e.g. Asia/Tehran.");
        }

        void CheckChannel(AlarmChannel channel, string where)
        {
            CheckId(channel.Id, where);
            if (!channels.Add(channel.Id)) faults.Add($"{where}: there is another channel of this id.");
            if (channel.PerMinuteMax is < 1 or > 600) faults.Add($"{where}, perMinuteMax: 1 to 600 is needed.");
            if (channel.Language is not (null or "en" or "fa")) faults.Add($"{where}, language: en or fa is needed.");
            switch (channel.Kind)
            {
                case AlarmChannelKind.Email:
                    if (channel.Addresses is not { Count: > 0 and <= 20 }) faults.Add($"{where}, addresses: 1 to 20 are needed.");
                    foreach (var address in channel.Addresses ?? [])
                        if (address is null || !MailAddress.TryCreate(address, out var read) || read.Address != address || address.Any(char.IsControl)) faults.Add($"{where}, addresses: \"{address}\" is no mail address.");
                    break;
                case AlarmChannelKind.Webhook:
                    if (!Uri.TryCreate(channel.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0) faults.Add($"{where}, url: an address that begins with http:// or https:// and holds no password is needed.");
                    break;
                default:
                    if (channel.Topic is not { Length: > 0 and <= 500 } topic || topic.AsSpan().IndexOfAny("+#\0") >= 0) faults.Add($"{where}, topic: a topic without + and # is needed.");
                    break;
            }
        }

        void CheckRule(AlarmRule rule, string where)
        {
            CheckId(rule.Id, where);
            if (!ids.Add(rule.Id)) faults.Add($"{where}: there is another rule of this id.");
            if (rule.Notify.Any(step => step is null) || rule.Scope?.Devices?.Any(id => id is null) == true)
            {
                faults.Add($"{where}: null is no step and no device.");
                return;
            }
            var (isGateways, own) = (rule.Scope?.Gateways == true, false);
            CheckCondition(rule.When, "when", true);
            CheckCondition(rule.Clear, "clear", false);
            CheckCondition(rule.SuppressWhen, "suppressWhen", false);
            if (isGateways && (rule.Scope!.Kind ?? rule.Scope.Model ?? rule.Scope.Site ?? rule.Scope.Area) is not null) faults.Add($"{where}, scope: gateways are named by devices alone; kind, model, site and area are of devices.");
            if (!isGateways && !own && (rule.Scope?.Devices is not [{ } only] || only.Contains('*'))) faults.Add($"{where}, scope: the condition names no metric of the device that the alarm is of; name exactly one device in scope.devices, without a star.");
            if (rule.Scope?.Devices is { Count: > PatternsMax }) faults.Add($"{where}, scope.devices: at most {PatternsMax:N0} are possible.");
            Span(rule.OnDelay, "onDelay", _delayMax);
            Span(rule.OffDelay, "offDelay", _delayMax);
            Span(rule.MinHold, "minHold", _delayMax);
            if (rule.FreshFor is { } fresh && (fresh < TimeSpan.FromSeconds(1) || fresh > _freshMax)) faults.Add($"{where}, freshFor: 1s to 30d is needed.");
            if (rule.RespondWithin is { } respond && (respond <= TimeSpan.Zero || respond > _delayMax)) faults.Add($"{where}, respondWithin: more than 0 and at most 7d is needed.");
            if (rule.Flap is { } flap && (flap.Times is < 2 or > 100 || flap.Within < TimeSpan.FromSeconds(1) || flap.Within > TimeSpan.FromDays(1))) faults.Add($"{where}, flap: 2 to 100 times within 1s to 1d is needed.");
            if (rule.NotifyPerHourMax is < 1 or > 60) faults.Add($"{where}, notifyPerHourMax: 1 to 60 is needed.");
            if (rule.Notify.Count > StepsMax) faults.Add($"{where}, notify: at most {StepsMax} steps are possible.");
            if (rule.Notify.Count > 0 && !rule.IsAlarm()) faults.Add($"{where}, notify: a rule without cause, consequence, action and respondWithin is an event, of which nobody is told. Write them, or leave notify out.");
            foreach (var step in rule.Notify)
            {
                if (!channels.Contains(step.To)) faults.Add($"{where}, notify: there is no channel \"{step.To}\". Known: {(channels.Count == 0 ? "none" : string.Join(", ", channels.Order(StringComparer.Ordinal)))}.");
                Span(step.After, "notify.after", _delayMax);
                Schedule(step.During, "notify.during");
            }
            Schedule(rule.During, "during");
            foreach (var (text, name) in new[] { (rule.Name, "name"), (rule.Cause, "cause"), (rule.Consequence, "consequence"), (rule.Action, "action") })
                if (text?.Length > TextMax) faults.Add($"{where}, {name}: at most {TextMax:N0} characters are possible.");

            void CheckCondition(string? text, string name, bool isNeeded)
            {
                if (text is null && !isNeeded) return;
                try
                {
                    var condition = Condition.Parse(text ?? "");
                    own |= condition.AsksSilence || condition.Series.Any(series => series.Device is null);
                    if (isGateways && (condition.Series.Count > 0 || !condition.AsksSilence)) faults.Add($"{where}, {name}: of a gateway a condition can ask only silent().");
                }
                catch (ConditionException error)
                {
                    faults.Add($"{where}, {name}, {error.Message}");
                }
            }

            void Span(TimeSpan span, string name, TimeSpan greatest)
            {
                if (span < TimeSpan.Zero || span > greatest) faults.Add(string.Create(CultureInfo.InvariantCulture, $"{where}, {name}: 0s to {greatest.TotalDays}d is needed."));
            }

            void Schedule(string? id, string name)
            {
                if (id is not null && !schedules.ContainsKey(id)) faults.Add($"{where}, {name}: there is no schedule \"{id}\". Known: {(schedules.Count == 0 ? "none" : string.Join(", ", schedules.Keys.Order(StringComparer.Ordinal)))}.");
            }
        }

        void CheckId(string? id, string where)
        {
            if (id is not { Length: >= 1 and <= 128 } || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-')) faults.Add($"{where}: an id has 1 to 128 of A-Z a-z 0-9 . _ : -");
        }
    }
}
