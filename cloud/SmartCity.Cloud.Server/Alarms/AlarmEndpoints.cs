using System.Text.Json;
using Microsoft.OpenApi;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Alarms.Delivery;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>Alarms over HTTP, <c>/api/v1/alarms…</c>. Who is bound to areas sees and acts on the alarms of those; rules are the whole city's.</summary>
internal static class AlarmEndpoints
{
    private const int LimitMax = 1_000, LimitUsual = 100;
    private const int BodyBytesMax = 100 << 20;
    private static readonly string _cursor = Paging.Write(17);
    private static readonly Dictionary<string, bool> _truth = new(StringComparer.Ordinal) { ["true"] = true, ["false"] = false };

    public static IServiceCollection AddAlarms(this IServiceCollection services, ServerOptions options)
    {
        var file = Path.Combine(options.Data, "alarms", "alarms.db");
        services.AddSingleton(provider => new AlarmStore(new AlarmDatabase(file), options.Alarms, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
        {
            // The store makes the tables.
            provider.GetRequiredService<AlarmStore>();
            return new AlarmQueries(new AlarmDatabase(file));
        });
        services.AddSingleton<AlarmBoard>().AddSingleton<AlarmDesk>().AddSingleton<AlarmStatistics>().AddSingleton<AlarmServices>();
        services.AddSingleton<IAlarmSender>(new EmailSender(options.Alarms.Smtp)).AddSingleton<IAlarmSender, WebhookSender>().AddSingleton<IAlarmSender>(new MqttSender(options.Alarms));
        if (services.Any(service => service.ServiceType == typeof(IReadingQueries))) services.AddSingleton<WhatIf>();
        return services.AddSingleton<AlarmDelivery>().AddHostedService(provider => provider.GetRequiredService<AlarmDelivery>());
    }

    public static void MapAlarms(this WebApplication app)
    {
        AddMetrics(app);
        app.MapGet("/api/v1/alarms/live", AlarmLive.RunAsync).Needs(Rights.Operate).ByArea().ExcludeFromDescription();
        var group = app.MapGroup("/api/v1").WithTags("Alarms").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (AlarmRulesException error)
            {
                return Wrong(error);
            }
            catch (TimeSeries.StoreUnavailableException)
            {
                return new ProblemAnswer(ProblemKinds.Unavailable) { RetryAfter = 5 };
            }
        });
        MapAlarms(group.MapGroup("").Needs(Rights.Operate).ByArea());
        MapRules(group.MapGroup("").Needs(Rights.Operate));
    }

    /// <summary>What is answered to rules that cannot be.</summary>
    public static ProblemAnswer Wrong(AlarmRulesException error) => new(ProblemKinds.AlarmRules) { Faults = error.Message.Split('\n') };

    private static void MapAlarms(RouteGroupBuilder group)
    {
        group.MapGet("/alarms", async (HttpContext context, AlarmQueries queries, AlarmDesk desk, AlarmBoard board) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var zone = TimeZoneInfo.Utc;
            var device = parameters.Text("device");
            var gateway = parameters.Text("gateway");
            var filter = new AlarmFilter(parameters.OneOf("open", _truth), parameters.OneOf("state", AlarmWords.States), parameters.OneOf("priority", AlarmWords.Priorities), parameters.Text("rule"),
                device ?? (gateway is null ? null : $"gateway/{gateway}"), parameters.Time("from", zone), parameters.Time("to", zone), parameters.OneOf("alarm", _truth));
            var (before, limit) = (parameters.CursorNumber(), parameters.Limit(LimitMax, LimitUsual));
            if (parameters.Problem() is { } problem) return problem;
            var rows = queries.Alarms(filter, before, limit + 1, await desk.ShowsAsync(context));
            return Answer.Of(Paging.Of(context.Request, rows.Select(row => board.EntryOf(row, LanguageOf(context))), limit, entry => [entry.Id]));
        }).WithName("GetAlarms").WithSummary("Alarms and events, the newest first.")
            .Takes("open", "true: those that are open; false: those that are over.", "true").Takes("state", "State.", "unacknowledged").Takes("priority", "Priority.", "high").Takes("rule", "Id of the rule.", "pm25-high")
            .Takes("device", "Device.", "air-001").Takes("gateway", "Gateway that the alarm is of.", "g1").Takes("from", "Raised then or later.", "2026-11-24T00:00:00Z").Takes("to", "Raised before.", "2026-11-25T00:00:00Z")
            .Takes("alarm", "true: alarms; false: events.", "true").InPages(_cursor, LimitMax, LimitUsual).Answers<Page<AlarmEntry>>();
        group.MapGet("/alarms/summary", async (HttpContext context, AlarmBoard board, AlarmDesk desk, CancellationToken stop) =>
            new Parameters(context.Request.Query).Problem() ?? Answer.Of(await board.SummaryAsync(await desk.ShowsAsync(context), LanguageOf(context), stop)))
            .WithName("GetAlarmSummary").WithSummary("The alarms in a few numbers.").Answers<AlarmSummary>();
        group.MapGet("/alarms/set-aside", async (HttpContext context, AlarmBoard board, AlarmDesk desk, CancellationToken stop) =>
        {
            if (new Parameters(context.Request.Query).Problem() is { } problem) return problem;
            var shows = await desk.ShowsAsync(context);
            var (_, views) = await board.LookAsync(stop);
            return Answer.Of(new Whole<AlarmAside>([.. views.Where(view => shows(view.Source) && view.State is AlarmState.Shelved or AlarmState.Suppressed or AlarmState.OutOfService).Select(AlarmBoard.AsideOf)]));
        }).WithName("GetAlarmsSetAside").WithSummary("What is shelved, suppressed by design, or out of service.").Answers<Whole<AlarmAside>>();
        group.MapGet("/alarms/history", async (HttpContext context, AlarmQueries queries, AlarmDesk desk) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (from, to, before, limit) = (parameters.Time("from", TimeZoneInfo.Utc), parameters.Time("to", TimeZoneInfo.Utc), parameters.CursorNumber(), parameters.Limit(LimitMax, LimitUsual));
            if (parameters.Problem() is { } problem) return problem;
            return Answer.Of(Paging.Of(context.Request, queries.Changes(from, to, before, limit + 1, await desk.ShowsAsync(context)).Select(AlarmBoard.EntryOf), limit, entry => [entry.Id]));
        }).WithName("GetAlarmHistory").WithSummary("What has happened to alarms, the newest first.").Takes("from", "Then or later.", "2026-11-24T00:00:00Z").Takes("to", "Before.", "2026-11-25T00:00:00Z")
            .InPages(_cursor, LimitMax, LimitUsual).Answers<Page<AlarmChangeEntry>>();
        group.MapGet("/alarms/statistics", async (HttpContext context, AlarmStatistics statistics, AlarmDesk desk, TimeProvider clock, CancellationToken stop) =>
            await InTimeAsync(context, clock, TimeSpan.FromDays(7), async (from, to) => Answer.Of(await statistics.LookAsync(from, to, await desk.ShowsAsync(context), LanguageOf(context), stop))))
            .WithName("GetAlarmStatistics").WithSummary("How alarms were in a time, against the standard's numbers.").Takes("from", "Begin; a week before the end where left out.", "2026-11-17T00:00:00Z").Takes("to", "End; now where left out.", "2026-11-24T00:00:00Z").Answers<AlarmStatisticsView>();
        group.MapGet("/alarms/shift-report", async (HttpContext context, AlarmStatistics statistics, AlarmDesk desk, TimeProvider clock, CancellationToken stop) =>
            await InTimeAsync(context, clock, TimeSpan.FromHours(12), async (from, to) => Answer.Of(await statistics.ReportAsync(from, to, await desk.ShowsAsync(context), LanguageOf(context), stop))))
            .WithName("GetShiftReport").WithSummary("What one shift hands over to the next.").Takes("from", "Begin; 12 hours before the end where left out.", "2026-11-24T07:00:00Z").Takes("to", "End; now where left out.", "2026-11-24T19:00:00Z").Answers<ShiftReportView>();
        group.MapGet("/alarms/{id:long}", async (HttpContext context, AlarmQueries queries, AlarmDesk desk, AlarmBoard board, long id) =>
            queries.Find(id) is { } row && (await desk.ShowsAsync(context))(row.Source) ? Answer.Of(board.EntryOf(row, LanguageOf(context))) : Missing(id))
            .WithName("GetAlarm").WithSummary("One alarm.").Answers<AlarmEntry>().MayFail(ProblemKinds.Missing);
        group.MapGet("/alarms/{id:long}/history", async (HttpContext context, AlarmQueries queries, AlarmDesk desk, long id) =>
            queries.Find(id) is { } row && (await desk.ShowsAsync(context))(row.Source) ? Answer.Of(new Page<AlarmChangeEntry>([.. queries.ChangesOf(id).Select(AlarmBoard.EntryOf)])) : Missing(id))
            .WithName("GetHistoryOfAlarm").WithSummary("What has happened to one alarm, in order.").Answers<Page<AlarmChangeEntry>>().MayFail(ProblemKinds.Missing);
        Order("acknowledge", "AcknowledgeAlarms", "Takes note of alarms; again it changes nothing.", AlarmAction.Acknowledge, false);
        Order("shelve", "ShelveAlarms", "Puts alarms aside for a time, with a reason; without a time until each ends by itself.", AlarmAction.Shelve, true);
        Order("unshelve", "UnshelveAlarms", "Ends that before its time.", AlarmAction.Unshelve, false);
        Order("out-of-service", "RemoveAlarmsFromService", "Takes alarms out of service, with a reason.", AlarmAction.RemoveFromService, true);
        Order("in-service", "ReturnAlarmsToService", "Puts alarms back into service.", AlarmAction.ReturnToService, false);
        Order("comment", "CommentAlarms", "Writes something to alarms.", AlarmAction.Comment, true);

        void Order(string path, string name, string summary, AlarmAction action, bool needsReason) => group.MapPost($"/alarms/{path}", async (HttpContext context, AlarmDesk desk, AlarmOrder order, TimeProvider clock) =>
        {
            var targets = desk.TargetsOf(order.Alarms ?? []).Concat((order.Points ?? []).Where(point => point?.Rule is not null && point.Source is not null).Select(point => (point.Rule, point.Source, 0L))).ToList();
            var asked = (order.Alarms?.Count ?? 0) + (order.Points?.Count ?? 0);
            if (FaultOf(asked, order.Reason, needsReason, action == AlarmAction.Shelve ? order.For : null) is { } fault) return Problems.Of(ProblemKinds.AlarmOrder, fault);
            if (!await desk.SeesAnyAsync(context, targets)) return Problems.Missing(new Sentence("say.alarm.none"));
            var done = await desk.DoAsync(context, targets, action, order.Reason, action == AlarmAction.Shelve && order.For is { } span ? UnixMicros.Now(clock) + (long)span.TotalMicroseconds : 0);
            return Results.Json(new AlarmOrderResult(done, asked - done), ApiJson.Answers);
        }).WithName(name).WithSummary(summary).Answers<AlarmOrderResult>().MayFail(ProblemKinds.AlarmOrder, ProblemKinds.Missing);
    }

    /// <summary>What is wrong with an order; null where nothing is.</summary>
    public static Sentence? FaultOf(int asked, string? reason, bool needsReason, TimeSpan? shelved) =>
        asked is 0 or > AlarmDesk.OrderMax ? new Sentence("say.alarm.count", AlarmDesk.OrderMax, asked)
        : needsReason && string.IsNullOrWhiteSpace(reason) ? new Sentence("say.alarm.reason")
        : reason?.Length > 1_000 ? new Sentence("say.alarm.reason.long", 1_000)
        : shelved is { } span && (span < TimeSpan.FromSeconds(1) || span > AlarmDesk.ShelveMax) ? new Sentence("say.alarm.shelve", (int)AlarmDesk.ShelveMax.TotalHours)
        : null;

    private static void MapRules(RouteGroupBuilder group)
    {
        group.MapGet("/alarms/settings", (HttpContext context, AlarmConsumer alarms) => new Parameters(context.Request.Query).Problem() ?? Answer.Text(AlarmSettingsFile.Write(alarms.Settings), Answer.Json))
            .WithName("GetAlarmSettings").WithSummary("Rules, schedules and channels.").Answers<AlarmSettings>();
        group.MapPost("/alarms/settings", async (HttpContext context, AlarmDesk desk, CancellationToken stop) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (isDryRun, name) = (parameters.OneOf("dryRun", _truth) ?? false, parameters.Text("name") ?? "the file");
            if (parameters.Problem() is { } problem) return problem;
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, stop);
            return Results.Json(await desk.ImportAsync(context.ActorOf(), AlarmSettingsFile.Read(body.ToArray(), name), name, isDryRun), ApiJson.Answers);
        }).WithName("ImportAlarmSettings").WithSummary("Takes entries in the place of those of their ids, all or none; others stay.").Takes("dryRun", "true: says only what it would do.", "true").Takes("name", "Name of the file, for what is said of its faults.", "rules.json")
            .TakesBody<AlarmSettings>().Answers<SettingsResult>().MayFail(ProblemKinds.AlarmRules).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(BodyBytesMax));
        group.MapGet("/alarms/rules", (HttpContext context, AlarmConsumer alarms) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (after, limit) = (parameters.Cursor(1)?[0], parameters.Limit(10_000, 1_000));
            if (parameters.Problem() is { } problem) return problem;
            var following = alarms.Settings.Rules.OrderBy(rule => rule.Id, StringComparer.Ordinal).Where(rule => after is null || string.CompareOrdinal(rule.Id, after) > 0);
            return Answer.Of(Paging.Of(context.Request, following, limit, rule => [rule.Id]), RegistryJson.Options);
        }).WithName("GetAlarmRules").WithSummary("The rules, a page at a time.").InPages(Paging.Write("pm25-high"), 10_000, 1_000).Answers<Page<AlarmRule>>();
        group.MapGet("/alarms/rules/{id}", (AlarmConsumer alarms, AlarmQueries queries, string id) =>
            alarms.Settings.Rules.FirstOrDefault(rule => rule.Id == id) is { } rule ? Answer.Of(rule, RegistryJson.Options, Preconditions.TagOf(queries.VersionOf("rule", id) ?? 1)) : MissingRule(id))
            .WithName("GetAlarmRule").WithSummary("One rule; its ETag is what a change names.").Answers<AlarmRule>().MayFail(ProblemKinds.Missing);
        group.MapPut("/alarms/rules/{id}", async (HttpContext context, AlarmDesk desk, AlarmQueries queries, string id, CancellationToken stop) =>
        {
            AlarmRule? rule;
            try
            {
                rule = await JsonSerializer.DeserializeAsync<AlarmRule>(context.Request.Body, AlarmSettingsFile.Reading, stop);
            }
            catch (JsonException error)
            {
                return Problems.Body(error);
            }
            if (rule?.Id != id) return Problems.Of(ProblemKinds.AlarmRules, new Sentence("say.registry.id", rule?.Id ?? "–", id));
            var (_, wrong) = Preconditions.Of(context.Request, queries.VersionOf("rule", id));
            if (wrong is not null) return wrong;
            var result = await desk.ImportAsync(context.ActorOf(), new AlarmSettings { Rules = [rule] }, "the rules", false);
            context.Response.GetTypedHeaders().ETag = Preconditions.TagOf(queries.VersionOf("rule", id) ?? 1);
            return Results.Json(result, ApiJson.Answers);
        }).WithName("PutAlarmRule").WithSummary("Enters a rule, or replaces the version of it that If-Match names.").TakesBody<AlarmRule>().Answers<SettingsResult>().MayFail(ProblemKinds.AlarmRules, ProblemKinds.Version, ProblemKinds.VersionNeeded);
        group.MapDelete("/alarms/rules/{id}", async (HttpContext context, AlarmDesk desk, string id) => await RemoveAsync(context, desk, "rule", id, MissingRule(id)))
            .WithName("DeleteAlarmRule").WithSummary("Takes a rule away; its alarms are over.").AnswersNothing().MayFail(ProblemKinds.Missing);
        group.MapDelete("/alarms/schedules/{id}", async (HttpContext context, AlarmDesk desk, string id) => await RemoveAsync(context, desk, "schedule", id, Problems.Missing(new Sentence("say.alarm.schedule", id))))
            .WithName("DeleteAlarmSchedule").WithSummary("Takes a schedule away that no rule needs.").AnswersNothing().MayFail(ProblemKinds.Missing, ProblemKinds.AlarmRules);
        group.MapDelete("/alarms/channels/{id}", async (HttpContext context, AlarmDesk desk, string id) => await RemoveAsync(context, desk, "channel", id, Problems.Missing(new Sentence("say.alarm.channel", id))))
            .WithName("DeleteAlarmChannel").WithSummary("Takes a channel away that no rule needs.").AnswersNothing().MayFail(ProblemKinds.Missing, ProblemKinds.AlarmRules);
        group.MapPost("/alarms/channels/{id}/test", async (HttpContext context, AlarmConsumer alarms, AlarmDelivery delivery, Identity.AuditLog audit, string id, CancellationToken stop) =>
        {
            if (alarms.Settings.Channels.FirstOrDefault(one => one.Id == id) is not { } channel) return Problems.Missing(new Sentence("say.alarm.channel", id));
            audit.Write(context.ActorOf(), "alarm.channel.test", id, null, null);
            var trouble = await delivery.TestAsync(channel, context.ActorOf().Name, stop);
            return Results.Json(new ChannelTest(trouble is null, trouble), ApiJson.Answers);
        }).WithName("TestAlarmChannel").WithSummary("Sends a message by a channel at once, and says whether the other side took it.").Answers<ChannelTest>().MayFail(ProblemKinds.Missing);
        group.MapPost("/alarms/what-if", async (HttpContext context, TimeProvider clock, CancellationToken stop) =>
        {
            if (context.RequestServices.GetService<WhatIf>() is not { } whatIf) return Problems.Of(ProblemKinds.Unavailable);
            AlarmRule? rule;
            try
            {
                rule = await JsonSerializer.DeserializeAsync<AlarmRule>(context.Request.Body, AlarmSettingsFile.Reading, stop);
            }
            catch (JsonException error)
            {
                return Problems.Body(error);
            }
            if (rule is null) return Problems.Of(ProblemKinds.Body, new Sentence("say.body.empty"));
            return await InTimeAsync(context, clock, TimeSpan.FromDays(7), async (from, to) => Results.Json(await whatIf.RunAsync(rule, from, to, LanguageOf(context), stop), ApiJson.Answers));
        }).WithName("AskWhatIf").WithSummary("What a rule would have done in the past, and what of it differs from what was.").Takes("from", "Begin; a week before the end where left out; at most 92 days before it.", "2026-11-17T00:00:00Z")
            .Takes("to", "End; now where left out.", "2026-11-24T00:00:00Z").TakesBody<AlarmRule>().Answers<WhatIfView>().MayFail(ProblemKinds.AlarmRules, ProblemKinds.TooMuch, ProblemKinds.Unavailable);
    }

    private static async Task<IResult> RemoveAsync(HttpContext context, AlarmDesk desk, string kind, string id, IResult missing) =>
        (await desk.RemoveAsync(context.ActorOf(), kind, id)).Removed > 0 ? Results.NoContent() : missing;

    /// <summary>Reads from and to, and looks.</summary>
    private static async Task<IResult> InTimeAsync(HttpContext context, TimeProvider clock, TimeSpan usual, Func<long, long, Task<IResult>> look)
    {
        var parameters = new Parameters(context.Request.Query);
        var now = UnixMicros.Now(clock);
        var to = Math.Min(now, parameters.Time("to", TimeZoneInfo.Utc) ?? now);
        var from = parameters.Time("from", TimeZoneInfo.Utc) ?? to - (long)usual.TotalMicroseconds;
        if (from >= to) parameters.Wrong("from", new Sentence("say.alarm.from"));
        else if (to - from > WhatIf.SpanMax.TotalMicroseconds) parameters.TooMuch("from", (int)WhatIf.SpanMax.TotalDays, new Sentence("say.alarm.span", (int)WhatIf.SpanMax.TotalDays));
        return parameters.Problem() ?? await look(from, to);
    }

    private static string LanguageOf(HttpContext context) => Language.Accepted(context).Code;

    private static ProblemAnswer Missing(long id) => Problems.Missing(new Sentence("say.alarm", id.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    private static ProblemAnswer MissingRule(string id) => Problems.Missing(new Sentence("say.alarm.rule", id));

    private static void AddMetrics(WebApplication app)
    {
        var (metrics, alarms, delivery, queries) = (app.Services.GetRequiredService<MetricsText>(), app.Services.GetRequiredService<AlarmConsumer>(), app.Services.GetRequiredService<AlarmDelivery>(), app.Services.GetRequiredService<AlarmQueries>());
        metrics.AddGauge("smartcity_alarm_points", "Alarms at devices and gateways that are watched.", () => alarms.Points);
        metrics.AddCounter("smartcity_alarm_late_readings_total", "Readings that came too late to raise an alarm.", () => alarms.Late);
        metrics.AddCounter("smartcity_alarm_messages_sent_total", "Messages delivered.", () => delivery.Sent);
        metrics.AddCounter("smartcity_alarm_message_failures_total", "Attempts to deliver a message that failed.", () => delivery.Failed);
        metrics.AddCounter("smartcity_alarm_messages_given_up_total", "Messages given up because too many waited.", () => alarms.GivenUp);
        metrics.AddGauge("smartcity_alarm_messages_waiting", "Messages that wait.", () => queries.Waiting());
    }
}
