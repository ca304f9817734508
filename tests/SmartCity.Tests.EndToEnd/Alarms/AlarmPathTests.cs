using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using MQTTnet;
using MQTTnet.Protocol;
using SmartCity.Tests.EndToEnd.Browser;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Alarms;

/// <summary>The whole path of an alarm with real processes: device, gateway, server, page, mail server, webhook, broker, and kill -9 in between.</summary>
public sealed class AlarmPathTests : BrowserTests
{
    private readonly MailServer _mail;
    private readonly int _brokerPort;
    private readonly Webhook _hook = new(failures: 1);
    private MosquittoBroker _broker = null!;

    public AlarmPathTests() : this(new MailServer(), Loopback.FreePort())
    {
    }

    private AlarmPathTests(MailServer mail, int brokerPort) : base(
        "--Cloud:Alarms:Smtp:Host=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--Cloud:Alarms:Smtp:Port={mail.Port}"), "--Cloud:Alarms:Smtp:Security=none", "--Cloud:Alarms:Smtp:From=alarms@city.example",
        string.Create(CultureInfo.InvariantCulture, $"--Cloud:Alarms:MqttAddress=mqtt://127.0.0.1:{brokerPort}"), "--Cloud:Alarms:PublicAddress=https://city.example:8444") => (_mail, _brokerPort) = (mail, brokerPort);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _mail.Dispose();
        _hook.Dispose();
        await _broker.DisposeAsync();
    }

    private protected override async Task StartCityAsync()
    {
        _broker = await MosquittoBroker.StartNewAsync(string.Create(CultureInfo.InvariantCulture, $"allow_anonymous true\nlistener {_brokerPort} 127.0.0.1"));
        await base.StartCityAsync();
    }

    [Fact]
    public async Task A_reading_becomes_an_alarm_that_people_hear_of_by_every_way_and_that_a_kill_does_not_lose()
    {
        var heard = new List<string>();
        using var listener = new MqttClientFactory().CreateMqttClient();
        listener.ApplicationMessageReceivedAsync += message =>
        {
            lock (heard) heard.Add(message.ApplicationMessage.ConvertPayloadToString());
            return Task.CompletedTask;
        };
        await listener.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _brokerPort).Build(), Stop);
        await listener.SubscribeAsync("city/alarms", MqttQualityOfServiceLevel.AtLeastOnce, Stop);

        // Rules and channels by the command line, as a file; a wrong one is refused with its place.
        var file = _city["alarms.json"];
        await File.WriteAllTextAsync(file, """{"rules": [{"id": "x", "when": "pm25 >"}]}""", Stop);
        var (code, _, words) = await CommandAsync("alarm", "rule", "import", file);
        Assert.Equal(2, code);
        Assert.Contains("alarms.json, rules[0] \"x\", when, character 7", words, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, $$$"""
            {"channels": [{"id": "room", "kind": "email", "addresses": ["room@city.example"], "language": "fa"}, {"id": "hook", "kind": "webhook", "url": "{{{_hook.Address}}}"}, {"id": "mqtt", "kind": "mqtt", "topic": "city/alarms"}],
             "rules": [{"id": "pm25-high", "name": "Particles high", "when": "pm25 > 75", "clear": "pm25 < 60", "priority": "high", "cause": "Fire.", "consequence": "Harm.", "action": "Look.", "respondWithin": "10m",
                        "texts": {"fa": {"name": "ذرات معلق زیاد", "action": "نگاه کنید"}}, "notify": [{"to": "room"}, {"to": "hook"}, {"to": "mqtt"}]}]}
            """, Stop);
        Assert.Equal(0, (await CommandAsync("alarm", "rule", "import", file)).Code);
        Assert.Contains("0 added, 0 changed", (await CommandAsync("alarm", "rule", "import", file)).Words, StringComparison.Ordinal);
        Assert.Contains("mail server 127.0.0.1", (await CommandAsync("alarm", "channel", "test", "room")).Words, StringComparison.Ordinal);

        var page = await SignedInAsync();
        await page.GotoAsync(_browser.AddressOf("/?lang=en"));
        var begun = Stopwatch.GetTimestamp();
        await SayAsync("""{"pm25": 81.5}""");
        await Assertions.Expect(page.Locator("#alarms")).ToContainTextAsync("Particles high");
        TestContext.Current.TestOutputHelper!.WriteLine($"in the banner after {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.00} s");
        await CityBrowser.KeepAsync(page, "alarm-banner-en");

        // The mail server was not there; it comes, and has it.
        await _mail.StartAsync(Stop);
        await Eventually.HoldsAsync("the hook was told", () => !_hook.Taken.IsEmpty);
        // It failed once, and got the same message again.
        Assert.Equal((2, 1), (_hook.Attempts.Count, _hook.Attempts.Distinct().Count()));
        using (var told = JsonDocument.Parse(_hook.Taken.Single().Body))
            Assert.Equal(("pm25-high", "air-1", "high", "81.5"), (told.RootElement.GetProperty("rule").GetString(), told.RootElement.GetProperty("device").GetString(), told.RootElement.GetProperty("priority").GetString(), told.RootElement.GetProperty("value").GetString()));
        await Eventually.HoldsAsync("the broker was told", () => { lock (heard) return heard.Count == 1; });
        await Eventually.HoldsAsync("the mail has come", () => _mail.Messages().Count > 0);
        var mail = _mail.Messages()[0];
        Assert.Contains("To: room@city.example", mail, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated", mail, StringComparison.Ordinal);

        // By the page, with the keyboard alone.
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("a");
        await page.WaitForURLAsync("**/alarms");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("x");
        await CityBrowser.KeepAsync(page, "alarms-en");
        await page.Keyboard.PressAsync("a");
        await Assertions.Expect(page.Locator("[role=status].done")).ToContainTextAsync("1 alarms acknowledged");
        await Assertions.Expect(page.Locator("#alarms")).ToContainTextAsync("1 acknowledged");
        await Assertions.Expect(page.Locator("tr[data-alarm='1']")).ToHaveAttributeAsync("data-state", "acknowledged");

        // Killed and started again it is as it was; the page comes back by itself, and the end is seen live.
        _city.Server.Kill();
        await _city.Server.StartReadyAsync(TimeSpan.FromSeconds(30), Stop);
        var (_, list, _) = await CommandAsync("alarm", "list", "--output", "json");
        Assert.Contains("\"acknowledged\"", list, StringComparison.Ordinal);
        await SayAsync("""{"pm25": 12}""");
        await Assertions.Expect(page.Locator("tr[data-alarm='1']")).ToHaveCountAsync(0, new() { Timeout = 40_000 });
        Assert.Equal(0, (await CommandAsync("alarm", "channel", "test", "room")).Code);
        Assert.Single(_hook.Taken);
        Assert.Empty(_browser.Complaints);
    }

    private async Task SayAsync(string payload)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _city.Gateway.Port("mqtt")).WithClientId("air-1").Build(), Stop);
        await client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic("city/v1/air-1/telemetry").WithPayload(payload).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build(), Stop);
    }

    private async Task<(int Code, string Out, string Words)> CommandAsync(params string[] arguments)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "cloud/SmartCity.Cloud.Server/bin", build.Parent!.Name, build.Name, "SmartCity.Cloud.Server.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments, "--data", _city.Server.Data]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, words) = (process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, await output, await words);
    }
}
