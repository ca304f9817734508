using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Alarms.Delivery;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using AlarmRule = SmartCity.Cloud.Pipelines.Alarms.AlarmRule;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>The pages of alarms: the list, one of them, history, rules with their trial, statistics and the shift's report.</summary>
internal static class AlarmPages
{
    private const int RowsOfPage = 100, GroupRows = 25, GroupsMax = 40, TrialRows = 200;
    private const long Hour = 3_600 * UnixMicros.PerSecond;
    private static readonly Dictionary<string, (AlarmAction Action, bool NeedsReason)> _orders = new(StringComparer.Ordinal)
    {
        ["acknowledge"] = (AlarmAction.Acknowledge, false), ["shelve"] = (AlarmAction.Shelve, true), ["unshelve"] = (AlarmAction.Unshelve, false), ["comment"] = (AlarmAction.Comment, true),
        ["out-of-service"] = (AlarmAction.RemoveFromService, true), ["in-service"] = (AlarmAction.ReturnToService, false),
    };

    public static void MapAlarmPages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var pages = app.MapGroup("/alarms").ExcludeFromDescription().AddEndpointFilter(async (context, next) =>
        {
            // Only forms are read here; channels are tried without one.
            var request = context.HttpContext.Request;
            if (HttpMethods.IsPost(request.Method) && !request.HasFormContentType && request.ContentLength is > 0) return Problems.Of(ProblemKinds.MediaType);
            try
            {
                return await next(context);
            }
            catch (TimeSeries.StoreUnavailableException)
            {
                return new ProblemAnswer(ProblemKinds.Unavailable) { RetryAfter = 5 };
            }
        }).Needs(Rights.Operate);
        var own = pages.MapGroup("").ByArea();
        own.MapGet("", (HttpContext context, AlarmServices alarms, string? view, CancellationToken stop) => ListAsync(context, alarms, view, null, null, stop));
        own.MapPost("", async (HttpContext context, AlarmServices alarms, string? view, CancellationToken stop) =>
        {
            var (notice, error) = await OrderAsync(context, alarms, null);
            return await ListAsync(context, alarms, view, notice, error, stop);
        });
        own.MapGet("/{id:long}", (HttpContext context, AlarmServices alarms, long id) => OneAsync(context, alarms, id, null, null));
        own.MapPost("/{id:long}", async (HttpContext context, AlarmServices alarms, long id) =>
        {
            var (notice, error) = await OrderAsync(context, alarms, id);
            return await OneAsync(context, alarms, id, notice, error);
        });
        own.MapGet("/history", async (HttpContext context, AlarmServices alarms, string? from, string? to, long? before) =>
        {
            var (page, dates) = (PageOf(context), DateRange.Of(from, to));
            var rows = dates.IsWrong ? [] : alarms.Queries.Changes(dates.Begin(zone), dates.End(zone), before, RowsOfPage + 1, await alarms.Desk.ShowsAsync(context));
            return DashboardServices.Show<Dashboards.Pages.AlarmHistory>(context, new AlarmHistoryModel(page, dates, [.. rows.Take(RowsOfPage).Select(row => ItemOf(alarms, page, row))],
                rows.Count > RowsOfPage ? Paging.With(context.Request, "before", rows[RowsOfPage - 1].Id.ToString(CultureInfo.InvariantCulture)) : null));
        });
        own.MapGet("/statistics", async (HttpContext context, AlarmServices alarms, int? days, CancellationToken stop) =>
        {
            var page = PageOf(context);
            var from = page.Now - (Math.Clamp(days ?? 7, 1, 90) * UnixMicros.PerDay);
            var view = await alarms.Statistics.LookAsync(from, page.Now, await alarms.Desk.ShowsAsync(context), page.Language.Code, stop);
            return DashboardServices.Show<Dashboards.Pages.AlarmStatistics>(context, await StatisticsOfAsync(context, alarms, page, view, from, page.Now, stop));
        });
        own.MapGet("/report", async (HttpContext context, AlarmServices alarms, long? from, long? to, CancellationToken stop) =>
        {
            var page = PageOf(context);
            var end = Math.Clamp(to ?? page.Now, UnixMicros.PerDay, page.Now);
            var begin = Math.Clamp(from ?? end - (12 * Hour), end - (31 * UnixMicros.PerDay), end - 1);
            var report = await alarms.Statistics.ReportAsync(begin, end, await alarms.Desk.ShowsAsync(context), page.Language.Code, stop);
            return DashboardServices.Show<Dashboards.Pages.ShiftReport>(context, new ShiftReportModel(await StatisticsOfAsync(context, alarms, page, report.Statistics, begin, end, stop), ShiftsOf(alarms, page),
                [.. report.Open.Select(ItemOf)], [.. report.SetAside.Select(one => AsideOf(alarms, page, one))],
                [.. report.Changes.Select(one => new AlarmChangeItem(UnixMicros.From(one.At), one.Alarm, NameOf(alarms, page, one.Rule), one.Source, one.Change, one.By, one.Note, one.Value, one.Until is { } until ? UnixMicros.From(until) : null))],
                [.. report.RuleChanges.Select(one => new AlarmSettingItem(UnixMicros.From(one.At), one.By, one.Kind, one.Id, one.Change))]));
        });
        MapRules(pages, PageOf);

        PageContext PageOf(HttpContext context) => PageContext.Of(context, zone);

        async Task<IResult> ListAsync(HttpContext context, AlarmServices alarms, string? asked, string? notice, string? error, CancellationToken stop)
        {
            var page = PageOf(context);
            var view = asked is "unacknowledged" or "events" or "closed" ? asked : "open";
            var shows = await alarms.Desk.ShowsAsync(context);
            var (open, views) = await alarms.Board.LookAsync(stop);
            var mine = open.Where(row => shows(row.Source)).ToList();
            var before = long.TryParse(context.Request.Query["before"], CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
            List<AlarmRow> rows = view switch
            {
                "events" => alarms.Queries.Alarms(new AlarmFilter(IsAlarm: false), before, RowsOfPage + 1, shows),
                "closed" => alarms.Queries.Alarms(new AlarmFilter(IsOpen: false, IsAlarm: true), before, RowsOfPage + 1, shows),
                // The most urgent first, and of them those that nobody has taken note of.
                _ => [.. mine.Where(row => view == "open" ? row.State != AlarmState.Suppressed : row.State is AlarmState.Unacknowledged or AlarmState.Returned).OrderBy(row => row.State is AlarmState.Unacknowledged ? 0 : row.State is AlarmState.Returned ? 1 : 2)
                    .ThenByDescending(row => row.Priority).ThenByDescending(row => row.Id)],
            };
            var isPaged = view is "events" or "closed";
            var isFlood = alarms.Consumer.IsFlood && !isPaged;
            var items = rows.Take(isPaged ? RowsOfPage : int.MaxValue).Select(row => ItemOf(alarms.Board.EntryOf(row, page.Language.Code))).ToList();
            var groups = isFlood || (!isPaged && items.Count > RowsOfPage) ? GroupsOf(items) : [];
            var lastTen = mine.Count(row => row.Raised > page.Now - (600 * UnixMicros.PerSecond));
            var next = isPaged && rows.Count > RowsOfPage ? Paging.With(context.Request, "before", rows[RowsOfPage - 1].Id.ToString(CultureInfo.InvariantCulture)) : null;
            return DashboardServices.Show<Dashboards.Pages.Alarms>(context, new AlarmsModel(page, view, groups.Count > 0 ? [] : items, groups, items.Count,
                [.. views.Where(one => shows(one.Source) && (one.State is AlarmState.Shelved or AlarmState.OutOfService || (one.State == AlarmState.Suppressed && one.Alarm != 0))).Take(RowsOfPage).Select(AlarmBoard.AsideOf).Select(one => AsideOf(alarms, page, one))],
                isFlood, lastTen, ShiftEnd(alarms, page), next, notice, error), error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }

        async Task<IResult> OneAsync(HttpContext context, AlarmServices alarms, long id, string? notice, string? error)
        {
            var page = PageOf(context);
            if (alarms.Queries.Find(id) is not { } row || !(await alarms.Desk.ShowsAsync(context))(row.Source)) return Problems.Missing(new Sentence("say.alarm", id.ToString(CultureInfo.InvariantCulture)));
            var rule = alarms.Consumer.Settings.Rules.FirstOrDefault(one => one.Id == row.Rule);
            var texts = rule is null ? null : RuleTexts.Of(rule, page.Language.Code);
            var respondBy = rule?.RespondWithin is { } within && row is { Acknowledged: null, Closed: null, IsAlarm: true } ? row.Raised + (long)within.TotalMicroseconds : (long?)null;
            return DashboardServices.Show<Dashboards.Pages.Alarm>(context, new AlarmModel(page, ItemOf(alarms.Board.EntryOf(row, page.Language.Code)), rule?.When, texts?.Cause, texts?.Consequence, texts?.Action, respondBy,
                [.. alarms.Queries.ChangesOf(id).Select(change => ItemOf(alarms, page, change))],
                [.. alarms.Queries.Notices(50, id).Select(one => new AlarmMessageItem(one.At, one.Channel, one.Done is null ? null : one.Outcome, one.Attempts, one.Trouble))], ShiftEnd(alarms, page), notice, error),
                error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }

        async Task<(string? Notice, string? Error)> OrderAsync(HttpContext context, AlarmServices alarms, long? id)
        {
            var page = PageOf(context);
            if (!context.Request.HasFormContentType) return (null, ProblemKinds.AlarmOrder.Detail(page.Language));
            var form = context.Request.Form;
            if (!_orders.TryGetValue(form["do"].ToString(), out var order)) return (null, ProblemKinds.AlarmOrder.Detail(page.Language));
            var reason = form["reason"].ToString().Trim() is { Length: > 0 } text ? text : null;
            IEnumerable<long> ids = id is { } one ? [one] : form["alarm"].Select(value => long.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : 0);
            var points = form["point"].OfType<string>().Select(point => point.Split('|')).Where(parts => parts.Length == 2).Select(parts => (parts[0], parts[1], 0L)).ToList();
            var (until, span) = order.Action == AlarmAction.Shelve ? UntilOf(alarms, page, form["for"].ToString()) : (0, null);
            var asked = ids.Distinct().Count() + points.Count;
            if (AlarmEndpoints.FaultOf(asked, reason, order.NeedsReason, span) is { } fault) return (null, fault.In(page.Language));
            var done = await alarms.Desk.DoAsync(context, [.. alarms.Desk.TargetsOf(ids), .. points], order.Action, reason, until);
            return (page.Words[$"alarm.done.{form["do"]}", page.Text.Whole(done), page.Text.Whole(asked - done)], null);
        }
    }

    private static void MapRules(RouteGroupBuilder pages, Func<HttpContext, PageContext> pageOf)
    {
        pages.MapGet("/rules", (HttpContext context, AlarmServices alarms) => Rules(context, alarms, null, [], null));
        pages.MapPost("/rules", async (HttpContext context, AlarmServices alarms) =>
        {
            if (!context.Request.HasFormContentType) return Problems.Of(ProblemKinds.Body);
            var (page, form) = (pageOf(context), context.Request.Form);
            var (file, isCheck) = (form["file"].ToString(), form["do"] == "check");
            try
            {
                var result = await alarms.Desk.ImportAsync(context.ActorOf(), AlarmSettingsFile.Read(Encoding.UTF8.GetBytes(file), "the file"), "the file", isCheck);
                return Rules(context, alarms, page.Words[isCheck ? "alarm.file.would" : "alarm.file.done", page.Text.Whole(result.Added), page.Text.Whole(result.Changed), page.Text.Whole(result.Unchanged)], [], isCheck ? file : null);
            }
            catch (AlarmRulesException error)
            {
                return Rules(context, alarms, null, error.Message.Split('\n'), file);
            }
        });
        pages.MapPost("/rules/channels/{id}/test", async (HttpContext context, AlarmServices alarms, AlarmDelivery delivery, AuditLog audit, string id, CancellationToken stop) =>
        {
            if (alarms.Consumer.Settings.Channels.FirstOrDefault(one => one.Id == id) is not { } channel) return Problems.Missing(new Sentence("say.alarm.channel", id));
            audit.Write(context.ActorOf(), "alarm.channel.test", id, null, null);
            var (page, trouble) = (pageOf(context), await delivery.TestAsync(channel, context.ActorOf().Name, stop));
            return trouble is null ? Rules(context, alarms, page.Words["alarm.channel.delivered", id], [], null) : Rules(context, alarms, null, [page.Words["alarm.channel.failed", id, trouble]], null);
        }).AnsweredBy("/alarms/rules");
        pages.MapGet("/rules/edit", (HttpContext context, AlarmServices alarms, string? id) =>
            id is null ? Edit(context, alarms, new Dictionary<string, string?>(), true, [], null)
            : alarms.Consumer.Settings.Rules.FirstOrDefault(rule => rule.Id == id) is { } rule ? Edit(context, alarms, RuleForm.Fields(rule), false, [], null)
            : Problems.Missing(new Sentence("say.alarm.rule", id)));
        pages.MapPost("/rules/edit", async (HttpContext context, AlarmServices alarms, CancellationToken stop) =>
        {
            if (!context.Request.HasFormContentType) return Problems.Of(ProblemKinds.Body);
            var (page, form) = (pageOf(context), context.Request.Form);
            var fields = form.Keys.ToDictionary(key => key, key => (string?)form[key].ToString(), StringComparer.Ordinal);
            var isNew = form["new"] == "true";
            var id = form["id"].ToString().Trim();
            try
            {
                if (form["do"] == "remove")
                {
                    await alarms.Desk.RemoveAsync(context.ActorOf(), "rule", id);
                    return Rules(context, alarms, page.Words["alarm.removed", id], [], null);
                }
                var known = alarms.Consumer.Settings.Rules.FirstOrDefault(rule => rule.Id == id);
                if (isNew && known is not null) return Edit(context, alarms, fields, isNew, [$"id: there is a rule {id} already."], null);
                var rule = RuleForm.Rule(fields, known);
                if (form["do"] == "try")
                {
                    if (context.RequestServices.GetService<WhatIf>() is not { } whatIf) return Problems.Of(ProblemKinds.Unavailable);
                    var from = page.Now - (7 * UnixMicros.PerDay);
                    var tried = await whatIf.RunAsync(rule, from, page.Now, page.Language.Code, stop);
                    return Edit(context, alarms, fields, isNew, [], new AlarmTrial(from, UnixMicros.From(tried.Through), tried.Readings, tried.Devices, tried.Messages, tried.Alarms.Count,
                        [.. tried.Alarms.Take(TrialRows).Select(one => (one.Source, UnixMicros.From(one.Raised), one.Ended is { } ended ? UnixMicros.From(ended) : (long?)null, one.Value, one.Live))], [.. tried.OnlyLive.Take(TrialRows).Select(ItemOf)]));
                }
                await alarms.Desk.ImportAsync(context.ActorOf(), new AlarmSettings { Rules = [rule] }, "the rules", false);
                return Rules(context, alarms, page.Words["alarm.saved", id], [], null);
            }
            catch (AlarmRulesException error)
            {
                return Edit(context, alarms, fields, isNew, error.Message.Split('\n'), null);
            }
        });

        IResult Rules(HttpContext context, AlarmServices alarms, string? notice, IReadOnlyList<string> faults, string? file)
        {
            var page = pageOf(context);
            var settings = alarms.Consumer.Settings;
            var after = context.Request.Query["after"].ToString();
            var rules = settings.Rules.OrderBy(rule => rule.Id, StringComparer.Ordinal).Where(rule => string.CompareOrdinal(rule.Id, after) > 0).Take(RowsOfPage + 1).ToList();
            return DashboardServices.Show<Dashboards.Pages.AlarmRules>(context, new AlarmRulesModel(page,
                [.. rules.Take(RowsOfPage).Select(rule => new AlarmRuleItem(rule.Id, RuleTexts.Of(rule, page.Language.Code).Name, rule.When, AlarmWords.Of(rule.Priority), rule.IsAlarm(), rule.IsDisabled))], settings.Rules.Count,
                [.. settings.Channels.Select(channel => new AlarmChannelItem(channel.Id, AlarmWords.Of(channel.Kind), channel.Url ?? channel.Topic ?? string.Join(", ", channel.Addresses ?? [])))],
                [.. settings.Schedules.Select(schedule => (schedule.Id, $"{schedule.Name} {schedule.From:HH\\:mm}–{schedule.To:HH\\:mm}"))], rules.Count > RowsOfPage ? Paging.With(context.Request, "after", rules[RowsOfPage - 1].Id) : null, notice, faults, file),
                faults.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }

        IResult Edit(HttpContext context, AlarmServices alarms, IReadOnlyDictionary<string, string?> fields, bool isNew, IReadOnlyList<string> faults, AlarmTrial? tried) => DashboardServices.Show<Dashboards.Pages.AlarmRule>(context,
            new AlarmRuleModel(pageOf(context), fields, isNew, [.. alarms.Consumer.Settings.Channels.Select(one => one.Id)], [.. alarms.Consumer.Settings.Schedules.Select(one => one.Id)], faults, tried),
            faults.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>End of shelving, µs since 1970 UTC; 0 = with the alarm; and how long that is.</summary>
    private static (long Until, TimeSpan? Span) UntilOf(AlarmServices alarms, PageContext page, string asked)
    {
        var span = asked switch { "15m" => TimeSpan.FromMinutes(15), "8h" => TimeSpan.FromHours(8), "shift" when ShiftEnd(alarms, page) is { } end => TimeSpan.FromMicroseconds(end - page.Now), "once" => (TimeSpan?)null, _ => TimeSpan.FromHours(1) };
        return span is { } known ? (page.Now + (long)known.TotalMicroseconds, known) : (0, null);
    }

    private static long? ShiftEnd(AlarmServices alarms, PageContext page) =>
        alarms.Consumer.Settings.Schedules.Where(one => one.IsShift && one.Holds(page.Now, page.Zone)).Select(one => one.NextChange(page.Now, page.Zone)).Min();

    /// <summary>The shifts of the last two days, the newest first; where none are set, the last twelve hours.</summary>
    private static List<(string Name, long From, long To)> ShiftsOf(AlarmServices alarms, PageContext page)
    {
        var shifts = new List<(string Name, long From, long To)>();
        foreach (var schedule in alarms.Consumer.Settings.Schedules.Where(one => one.IsShift))
        {
            for (var at = page.Now - (2 * UnixMicros.PerDay); at < page.Now && shifts.Count < 20;)
            {
                if (schedule.NextChange(at, page.Zone) is not { } change) break;
                if (schedule.Holds(at, page.Zone)) shifts.Add((schedule.Name ?? schedule.Id, at, Math.Min(change, page.Now)));
                at = change;
            }
        }
        shifts.Sort((one, other) => other.From.CompareTo(one.From));
        return shifts.Count > 0 ? shifts : [(page.Words["alarm.report.last"], page.Now - (12 * Hour), page.Now)];
    }

    private static List<AlarmGroup> GroupsOf(List<AlarmItem> items) => [.. items.GroupBy(item => item.Gateway is { } gateway && !item.IsGateway ? $"{item.Name} · {gateway}" : item.Name)
        .Select(group => new AlarmGroup(group.Key, group.Count(), group.MaxBy(item => RankOf(item.Priority))!.Priority, group.MinBy(item => item.Id)!, [.. group.OrderByDescending(item => item.Id).Take(GroupRows)]))
        .OrderByDescending(group => RankOf(group.Priority)).ThenByDescending(group => group.Count).Take(GroupsMax)];

    private static int RankOf(string priority) => (int)AlarmWords.Priorities[priority];

    private static AlarmItem ItemOf(AlarmEntry entry) => new(entry.Id, entry.Rule, entry.Name, entry.Device ?? entry.Gateway ?? "", entry.Device is null, entry.Gateway, entry.Area, entry.State, entry.Priority, entry.IsAlarm, UnixMicros.From(entry.Raised), Micros(entry.Returned),
        Micros(entry.Acknowledged), entry.AcknowledgedBy, Micros(entry.Closed), entry.Times, entry.IsUnstable, entry.Value);

    private static long? Micros(DateTimeOffset? time) => time is { } known ? UnixMicros.From(known) : null;

    private static AlarmChangeItem ItemOf(AlarmServices alarms, PageContext page, ChangeRow row) =>
        new(row.At, row.Alarm, NameOf(alarms, page, row.Rule), row.Source, AlarmWords.Of(row.Change), row.By, row.Note, row.Value, row.Until == 0 ? null : row.Until);

    private static AlarmAsideItem AsideOf(AlarmServices alarms, PageContext page, AlarmAside one) => new(one.Rule, NameOf(alarms, page, one.Rule), one.Source, one.State, Micros(one.Until), one.By,
        one.State == "suppressed" && one.Reason is { } by ? page.Words[$"alarm.suppressed.{by}"] : one.Reason);

    private static string NameOf(AlarmServices alarms, PageContext page, string id) => alarms.Consumer.Settings.Rules.FirstOrDefault(one => one.Id == id) is { } rule ? RuleTexts.Of(rule, page.Language.Code).Name : id;

    private static async Task<AlarmStatisticsModel> StatisticsOfAsync(HttpContext context, AlarmServices alarms, PageContext page, AlarmStatisticsView view, long from, long to, CancellationToken stop)
    {
        var text = page.Text;
        var summary = await alarms.Board.SummaryAsync(await alarms.Desk.ShowsAsync(context), page.Language.Code, stop);
        var standing = All(summary.Unacknowledged) + All(summary.Acknowledged);
        var figures = new List<AlarmFigure>
        {
            Limit("alarm.figure.hour", view.PerHour, 6, 12), Limit("alarm.figure.day", view.PerHour * 24, 150, 300), Limit("alarm.figure.most", view.MostInTenMinutes, 2, 10),
            Part("alarm.figure.full", view.FullTenMinutes, 0.01, 0.05), Part("alarm.figure.hours", view.FullHours, 0.01, 0.05), Part("alarm.figure.flood", view.FloodShare, 0.01, 0.05), Part("alarm.figure.top", view.TopShare, 0.05, 0.5),
            Limit("alarm.figure.chattering", view.Chattering.Count, 0, 0), Limit("alarm.figure.stale", view.Stale.Count, 4, 10), Limit("alarm.figure.standing", standing, 9, 50), Limit("alarm.figure.shelved", summary.Shelved, 29, 100),
            Limit("alarm.figure.late", view.LateAcknowledged, 0, 0),
        };
        if (view.MedianSecondsToAcknowledge is { } median) figures.Add(new AlarmFigure("alarm.figure.wait", page.Words["alarm.seconds", text.Number(median)], "–", "good"));
        var (announced, configured) = (view.Announced, view.Configured);
        return new AlarmStatisticsModel(page, from, to, figures,
        [
            ("critical", Of(announced.Critical, announced), Of(configured.Critical, configured), $"< {Percent(0.01)}"), ("high", Of(announced.High, announced), Of(configured.High, configured), Percent(0.05)),
            ("medium", Of(announced.Medium, announced), Of(configured.Medium, configured), Percent(0.15)), ("low", Of(announced.Low, announced), Of(configured.Low, configured), Percent(0.80)),
        ],
        [.. view.Positions.Select(Actor)], [.. view.Top.Select(Actor)], [.. view.Chattering.Select(Actor)], [.. view.Stale.Select(ItemOf)]);

        AlarmFigure Limit(string word, double value, double good, double most) => new(word, text.Number(Math.Round(value, 1)), $"≤ {text.Number(good)}", value <= good ? "good" : value <= most ? "attention" : "over");
        AlarmFigure Part(string word, double value, double good, double most) => new(word, Percent(value), $"< {Percent(good)}", value < good || value == 0 ? "good" : value <= most ? "attention" : "over");
        AlarmActorItem Actor(AlarmActor actor) => new(actor.Rule is null ? null : NameOf(alarms, page, actor.Rule), actor.Source, actor.Alarms, Percent(actor.Share));
        string Percent(double share) => $"{text.Number(Math.Round(share * 100, 1))}{(text.HasPersianDigits ? "٪" : " %")}";
        string Of(int part, AlarmCounts counts) => All(counts) == 0 ? "–" : Percent(part / (double)All(counts));
        static int All(AlarmCounts counts) => counts.Critical + counts.High + counts.Medium + counts.Low;
    }
}

/// <summary>What the pages of alarms ask.</summary>
internal sealed record AlarmServices(AlarmConsumer Consumer, AlarmQueries Queries, AlarmBoard Board, AlarmDesk Desk, AlarmStatistics Statistics);
