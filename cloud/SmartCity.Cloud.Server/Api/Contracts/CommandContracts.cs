using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Fleet.Commands;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>A command to be given to a device.</summary>
/// <param name="Payload">What the device gets, as JSON.</param>
/// <param name="Id">Request id, 1–128 of A-Za-z0-9 . _ : -; the same again gives the same command back. Made where left out.</param>
/// <param name="TimeoutSeconds">How long an answer is waited for, 1 to 86,400 s; 60 where left out.</param>
internal sealed record NewCommand(JsonElement Payload, string? Id = null, double? TimeoutSeconds = null);

/// <summary>A command to a device and what became of it.</summary>
/// <param name="Id">Request id.</param>
/// <param name="Device">Device id.</param>
/// <param name="Gateway">Gateway by which it goes.</param>
/// <param name="By">Who gave it.</param>
/// <param name="State">waiting (for its gateway), sent, delivered (into the device's session), answered, unheard (the device has no session), refused or expired.</param>
/// <param name="Payload">What the device gets.</param>
/// <param name="Made">When it was given.</param>
/// <param name="TimeoutSeconds">How long an answer is waited for.</param>
/// <param name="Changed">When its state last changed; by the gateway's clock where the gateway says it.</param>
/// <param name="Answer">What the device answered: JSON where it is JSON, else a text.</param>
/// <param name="AnswerBase64">What the device answered where it is no text.</param>
/// <param name="Reason">Why it was refused.</param>
internal sealed record CommandEntry(
    string Id, string Device, string Gateway, string By, string State, JsonElement Payload, DateTimeOffset Made, double TimeoutSeconds, DateTimeOffset Changed, JsonElement? Answer = null, string? AnswerBase64 = null, string? Reason = null)
{
    private static readonly UTF8Encoding _strict = new(false, true);

    /// <summary>A command as it is shown.</summary>
    public static CommandEntry Of(DeviceCommand command)
    {
        var (answer, base64) = command is { State: CommandState.Answered, Answer: { } bytes } ? AnswerOf(bytes) : (null, null);
        return new CommandEntry(command.Request, command.Device, command.Gateway, command.By, NameOf(command.State), ParseOr(command.Payload) ?? default, UnixMicros.ToTime(command.Made), command.Timeout.TotalSeconds, UnixMicros.ToTime(command.Changed),
            answer, base64, command is { State: CommandState.Refused, Answer: { } why } ? Encoding.UTF8.GetString(why) : null);
    }

    /// <summary>A state as it is written.</summary>
    public static string NameOf(CommandState state) => state.ToString().ToLowerInvariant();

    private static (JsonElement?, string?) AnswerOf(byte[] bytes)
    {
        if (ParseOr(bytes) is { } json) return (json, null);
        try
        {
            return (JsonSerializer.SerializeToElement(_strict.GetString(bytes)), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, Convert.ToBase64String(bytes));
        }
    }

    private static JsonElement? ParseOr(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(bytes);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
