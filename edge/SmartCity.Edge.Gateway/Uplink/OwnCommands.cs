using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>Commands to the gateway itself: <c>{"command": "blink", "seconds": 30}</c>, which may come again and then begins again.</summary>
internal sealed class OwnCommands(LedFile led)
{
    private const string Shape = "a command is a JSON object such as {\"command\": \"blink\", \"seconds\": 30}";

    /// <summary>Does a command.</summary>
    /// <returns>What became of it, and the answer or the reason.</returns>
    public (CommandStatus Status, byte[] Answer) Do(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var read = JsonDocument.Parse(payload);
            var root = read.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("command", out var command) || command.ValueKind != JsonValueKind.String) return Refuse(Shape);
            if (command.GetString() != "blink") return Refuse($"this gateway knows the command blink, and not {command.GetString()}");
            if (!root.TryGetProperty("seconds", out var span) || span.ValueKind != JsonValueKind.Number || !span.TryGetInt32(out var seconds) || seconds < 0 || seconds > LedFile.BlinkMax.TotalSeconds)
                return Refuse(string.Create(CultureInfo.InvariantCulture, $"\"seconds\" is a whole number from 0 to {LedFile.BlinkMax.TotalSeconds:0}"));
            led.Blink(TimeSpan.FromSeconds(seconds));
            return (CommandStatus.Answered, JsonSerializer.SerializeToUtf8Bytes(new { led = led.State, seconds }));
        }
        catch (JsonException)
        {
            return Refuse(Shape);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            return Refuse(error.Message);
        }
    }

    private static (CommandStatus, byte[]) Refuse(string reason) => (CommandStatus.Refused, Encoding.UTF8.GetBytes(reason));
}
