using System.Diagnostics;
using System.Text.Json;
using MQTTnet;
using MQTTnet.Protocol;
using SmartCity.Benchmarks.WholePath;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;

namespace SmartCity.Benchmarks.Pages;

/// <summary>A device whose reading breaks a rule, so that the pages of the city and of alarms are measured with something on them.</summary>
internal static class PlayedAlarm
{
    private static readonly TimeSpan _atMost = TimeSpan.FromMinutes(1);

    /// <summary>Gives the rule <c>pm25-high</c> and a reading that breaks it, and waits for the alarm, which is the first.</summary>
    public static async Task GiveAsync(OurCity city)
    {
        var rules = new { rules = new[] { new { id = "pm25-high", name = "Particles high", when = "pm25 > 10", cause = "Traffic.", consequence = "Harm.", action = "Look.", respondWithin = "10m", priority = "high" } } };
        await UntilAsync("the rule is in force", async () => await AskAsync(HttpMethod.Post, "alarms/settings", JsonSerializer.SerializeToUtf8Bytes(rules)) is not null);
        using var device = new MqttClientFactory().CreateMqttClient();
        await device.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", city.Port).WithClientId("street-1").Build());
        await device.PublishStringAsync("city/v1/street-1/telemetry", """{"pm25": 12.5, "kind": "air", "lat": 35.7, "lon": 51.4}""", MqttQualityOfServiceLevel.AtLeastOnce);
        await UntilAsync("there is an alarm", async () => await AskAsync(HttpMethod.Get, "alarms") is { } alarms && alarms.GetProperty("items").GetArrayLength() > 0);
        await device.DisconnectAsync();

        async Task<JsonElement?> AskAsync(HttpMethod method, string path, byte[]? body = null)
        {
            try
            {
                return await AdminSocket.AskAsync(AdminSocket.FileIn(city.ServerData), method, "/api/v1/" + path, CancellationToken.None, body);
            }
            catch (CommandException)
            {
                // Not yet.
                return null;
            }
        }
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        for (var begin = Stopwatch.GetTimestamp(); !await holds(); await Task.Delay(250))
            if (Stopwatch.GetElapsedTime(begin) > _atMost) throw new TimeoutException($"Not within {_atMost.TotalSeconds} s: {what}.");
    }
}
