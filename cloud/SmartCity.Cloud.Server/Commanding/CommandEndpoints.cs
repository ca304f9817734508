using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Commands;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Silence;
using SmartCity.Devices;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Commanding;

/// <summary>Commands to devices over HTTP: given, waited for, looked at.</summary>
internal static class CommandEndpoints
{
    private const int WaitMax = 60;
    private const double TimeoutUsual = 60, TimeoutMax = 86_400;

    public static void AddCommands(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(_ => new CommandStore(Path.Combine(options.Data, "fleet", "commands.db")));
        services.AddSingleton<CommandDesk>();
        services.AddSingleton<IUplinkCommands>(provider => provider.GetRequiredService<CommandDesk>());
        services.AddHostedService(provider => provider.GetRequiredService<CommandDesk>());
    }

    public static void MapCommands(this IEndpointRouteBuilder app)
    {
        var commands = app.MapGroup("/api/v1/devices/{id}/commands").WithTags("Devices");
        commands.MapPost("", GiveAsync).Needs(Rights.Operate).ByArea().WithName("GiveCommand").WithSummary("Gives a device a command; what became of it is asked for at Location, or waited for.")
            .Takes("wait", string.Create(CultureInfo.InvariantCulture, $"Seconds to wait for what becomes of it, 0 to {WaitMax}; 0 where left out."), "10", Microsoft.OpenApi.JsonSchemaType.Integer)
            .TakesBody<NewCommand>().Answers<CommandEntry>(StatusCodes.Status202Accepted).Answers<CommandEntry>().MayFail(ProblemKinds.Missing, ProblemKinds.Command, ProblemKinds.Busy);
        commands.MapGet("", (HttpContext context, CommandStore store, string id) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (before, limit) = (parameters.Cursor(2), parameters.Limit(1_000, 100));
            if (parameters.Problem() is { } problem) return problem;
            if (!context.OwnView().Shows(id)) return NoDevice(id);
            var place = before is [var made, var request] && long.TryParse(made, NumberStyles.None, CultureInfo.InvariantCulture, out var micros) ? (micros, request) : ((long, string)?)null;
            return Answer.Of(Paging.Of(context.Request, store.List(id, place, limit + 1).Select(CommandEntry.Of), limit, entry => [UnixMicros.From(entry.Made), entry.Id]));
        }).Needs(Rights.Operate).ByArea().WithName("GetCommands").WithSummary("Commands of a device, the newest first.").InPages(Paging.Write(1_795_485_689_980_000, "r1"), 1_000, 100).Answers<Page<CommandEntry>>().MayFail(ProblemKinds.Missing);
        commands.MapGet("/{request}", (HttpContext context, CommandStore store, string id, string request) => context.OwnView().Shows(id) && store.Find(id, request) is { } command ? Answer.Of(CommandEntry.Of(command)) : Problems.Missing(new Sentence("say.command", request, id)))
            .Needs(Rights.Operate).ByArea().WithName("GetCommand").WithSummary("A command and what became of it.").Answers<CommandEntry>().MayFail(ProblemKinds.Missing);
    }

    private static async Task<IResult> GiveAsync(HttpContext context, CommandDesk desk, CommandStore store, SilenceConsumer silence, AuditLog audit, TimeProvider clock, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json, string id, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.Query);
        var wait = parameters.Whole("wait", 0, WaitMax) ?? 0;
        if (parameters.Problem() is { } problem) return problem;
        NewCommand? asked;
        try
        {
            asked = await JsonSerializer.DeserializeAsync<NewCommand>(context.Request.Body, json.Value.SerializerOptions, cancellationToken);
        }
        catch (JsonException error)
        {
            return Problems.Body(error);
        }
        if (asked is null || asked.Payload.ValueKind == JsonValueKind.Undefined) return Wrong("say.command.payload");
        if (!context.OwnView().Shows(id)) return NoDevice(id);
        if (!DeviceId.IsValid(Encoding.UTF8.GetBytes(id)) || (await silence.DevicesAsync()).FirstOrDefault(device => device.Device == id) is not { } known) return NoDevice(id);
        var request = asked.Id ?? Guid.CreateVersion7().ToString("N");
        if (!DeviceId.IsValid(Encoding.UTF8.GetBytes(request))) return Wrong("say.command.id");
        var seconds = asked.TimeoutSeconds ?? TimeoutUsual;
        if (seconds is not (>= 1 and <= TimeoutMax)) return Wrong("say.command.timeout", (long)TimeoutMax);
        var payload = JsonSerializer.SerializeToUtf8Bytes(asked.Payload);
        if (payload.Length > CommandDesk.PayloadBytesMax) return Wrong("say.command.long", payload.Length, CommandDesk.PayloadBytesMax);

        var before = store.Find(id, request);
        if (before is null)
        {
            if (store.OpenCount(known.Gateway) >= CommandDesk.OpenMax) return new ProblemAnswer(ProblemKinds.Busy) { Detail = new Sentence("say.command.many", known.Gateway, CommandDesk.OpenMax), RetryAfter = 5 };
            audit.Write(context.ActorOf(), "device.command", id, null, JsonSerializer.Serialize(new { request, payload = asked.Payload }));
        }
        var now = UnixMicros.Now(clock);
        var (command, _) = desk.Send(new DeviceCommand(id, request, known.Gateway, context.CallerOf().Name ?? context.ActorOf().Name, payload, now, TimeSpan.FromSeconds(seconds), CommandState.Waiting, now));
        if (!command.Payload.AsSpan().SequenceEqual(payload)) return Wrong("say.command.other", request);
        if (wait > 0) command = await desk.WaitAsync(id, request, TimeSpan.FromSeconds(wait), cancellationToken) ?? command;
        context.Response.Headers.Location = $"/api/v1/devices/{Uri.EscapeDataString(id)}/commands/{Uri.EscapeDataString(request)}";
        return Results.Json(CommandEntry.Of(command), statusCode: command.IsOpen ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    private static ProblemAnswer NoDevice(string id) => Problems.Missing(new Sentence("say.device", id));

    private static ProblemAnswer Wrong(string key, params object[] parts) => Problems.Of(ProblemKinds.Command, new Sentence(key, parts));
}
