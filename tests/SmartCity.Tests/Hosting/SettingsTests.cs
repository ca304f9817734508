using System.ComponentModel.DataAnnotations;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Tests.Hosting;

public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public sealed record Uplink
    {
        public const string Section = "Edge:Uplink";
        [Range(1, 100)] public int BatchMax { get; init; } = 50;
        public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);
        public long QuotaBytes { get; init; } = 1024;
        public string Address { get; init; } = "https://localhost:8443";
        public string? Password { get; init; }
        [Secret] public string? Seed { get; init; }
        [ExistingFile(Private = true)] public string? Key { get; init; }
        public IReadOnlyList<string> Cities { get; init; } = ["one"];
        public IReadOnlyList<LaneRule> Lanes { get; init; } = [];
        public IReadOnlyDictionary<string, int> Weights { get; init; } = new Dictionary<string, int>();
        public Retry Retry { get; init; } = new();
    }

    public sealed record Retry { public bool Forever { get; init; } = true; }

    public sealed record LaneRule { public string Name { get; init; } = ""; public WhenFull When { get; init; } }

    public enum WhenFull { Refuse, ExpireOldest }

    public sealed record Listen
    {
        public const string Section = "Edge:Listen";
        public int MqttPort { get; init; } = 1883;
        public int HttpPort { get; init; } = 8081;
    }

    [Fact]
    public void Later_sources_win_over_earlier_ones()
    {
        var low = Write("low.json", """{ "Edge": { "Uplink": { "BatchMax": 1, "Address": "https://low", "KeepAlive": "1s", "QuotaBytes": 5 } } }""");
        var high = Write("high.json", """{ "Edge": { "Uplink": { "BatchMax": 2, "Address": "https://high", "KeepAlive": "2s" } } }""");
        var sources = new SettingsSources { Files = [low, high, _folder["absent.json"]], Variables = new Dictionary<string, string> { ["SMARTCITY__Edge__Uplink__BatchMax"] = "3", ["SMARTCITY__Edge__Uplink__Address"] = "https://variable", ["PATH"] = "x" } };
        var settings = SettingsLoader.Load("gateway", ["run", "--Edge:Uplink:BatchMax=4", "--data", "x"], [typeof(Uplink)], sources: sources);
        var uplink = settings.Get<Uplink>();
        Assert.Equal((4, "https://variable", TimeSpan.FromSeconds(2), 5L), (uplink.BatchMax, uplink.Address, uplink.KeepAlive, uplink.QuotaBytes));
        Assert.Equal("4", settings.Configuration["edge:uplink:batchmax"]);
        Assert.Contains(settings.Shown, shown => shown == new Setting("Edge:Uplink:KeepAlive", "00:00:02", $"{high}:1"));
    }

    [Fact]
    public void A_file_named_after_a_process_is_that_process_s_alone()
    {
        foreach (var name in new[] { "server.json", "gateway.json", "all.json", "notes.txt" }) Write(name, "{}");
        string[] Named(string process) => [.. SettingsSources.OfThisProcess(process, _folder.Path).Files.Where(file => file.StartsWith(_folder.Path, StringComparison.Ordinal)).Select(file => Path.GetFileName(file)!)];
        Assert.Equal(["all.json", "gateway.json"], Named("gateway"));
        Assert.Equal(["all.json", "server.json"], Named("server"));
        Assert.Equal(["all.json"], Named("sim"));
    }

    [Theory]
    [InlineData("5s", 5_000)]
    [InlineData("250ms", 250)]
    [InlineData("1.5m", 90_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("00:05:00", 300_000)]
    public void Times_carry_their_unit(string text, double milliseconds) => Assert.Equal(milliseconds, Load($"--Edge:Uplink:KeepAlive={text}").Get<Uplink>().KeepAlive.TotalMilliseconds);

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("64KiB", 65536)]
    [InlineData("8 GiB", 8L << 30)]
    public void Sizes_may_carry_their_unit(string text, long bytes) => Assert.Equal(bytes, Load($"--Edge:Uplink:QuotaBytes={text}").Get<Uplink>().QuotaBytes);

    [Theory]
    [InlineData("KeepAlive=5", "5s")]
    [InlineData("KeepAlive=", "250ms")]
    [InlineData("KeepAlive=99999999999999d", "7d")]
    [InlineData("QuotaBytes=9999999TiB", "9223372036854775807")]
    [InlineData("QuotaBytes=many", "64KiB")]
    [InlineData("BatchMax=101", "between 1 and 100")]
    [InlineData("BatchMax=2.5", "whole number")]
    [InlineData("Retry:Forever=maybe", "true or false")]
    [InlineData("Retry=on", "section")]
    [InlineData("BatchMax:0=1", "single value")]
    [InlineData("Lanes:0:When=1", "refuse, expire-oldest")]
    [InlineData("Lanes:first:Name=a", "numbered from 0")]
    [InlineData("Cities=a", "list")]
    [InlineData("Key=/nowhere/key.pem", "there is no file")]
    [InlineData("KeepAliv=5s", "Did you mean Edge:Uplink:KeepAlive?")]
    [InlineData("Lanes:0:Nam=5s", "is not known")]
    public void A_value_that_cannot_be_used_is_named_with_what_is_allowed(string setting, string said)
    {
        var error = Assert.Single(Assert.Throws<SettingsException>(() => Load($"--Edge:Uplink:{setting}")).Errors);
        Assert.Contains(said, error.Message);
        Assert.Equal("command line", error.Where);
        Assert.Equal($"Edge:Uplink:{setting.Split('=')[0]}", error.Key);
    }

    [Fact]
    public void All_errors_are_reported_together_with_their_places()
    {
        var file = Write("all.json", """
            {
              // comments are allowed
              "Edge": {
                "Uplink": { "KeepAlive": "5", "Adress": "x",
                  "BatchMax": 0 },
                "Listen": { "MqttPort": 70000, "HttpPort": 1 }
              },
              "Egde": { "Uplink": { "BatchMax": 1 } }
            }
            """);
        var errors = Assert.Throws<SettingsException>(() => SettingsLoader.Load("gateway", [], [typeof(Uplink), typeof(Listen)], sources: new SettingsSources { Files = [file] })).Errors;
        Assert.Equal(
            [(4, "Edge:Uplink:KeepAlive"), (5, "Edge:Uplink:BatchMax"), (6, "Edge:Listen:MqttPort"), (4, "Edge:Uplink:Adress"), (8, "Egde:Uplink:BatchMax")],
            errors.Select(error => (int.Parse(error.Where[(file.Length + 1)..]), error.Key)));
        Assert.Contains("Did you mean Edge:Uplink:Address?", errors[3].Message);
        Assert.Contains("Did you mean Edge:Uplink:BatchMax?", errors[4].Message);
    }

    [Theory]
    [InlineData("{ \"Edge\": ", 1)]
    [InlineData("[1]", 1)]
    [InlineData("", 1)]
    [InlineData("{ \"Edge\": {\n \"Uplink\": { \"BatchMax\": 1,\n \"batchmax\": 2 } } }", 3)]
    public void A_file_that_is_no_settings_is_named_with_its_line(string text, int line)
    {
        var file = Write("bad.json", text);
        var error = Assert.Single(Assert.Throws<SettingsException>(() => SettingsLoader.Load("gateway", [], [typeof(Uplink)], sources: new SettingsSources { Files = [file] })).Errors);
        Assert.Equal($"{file}:{line}", error.Where);
    }

    [Fact]
    public void Two_ports_may_not_be_the_same_but_any_free_one_may_be_asked_twice()
    {
        Assert.Contains("is taken by Edge:Listen:MqttPort", Assert.Single(Assert.Throws<SettingsException>(() => Load("--Edge:Listen:HttpPort=1883")).Errors).Message);
        Assert.Equal(0, Load("--Edge:Listen:HttpPort=0", "--Edge:Listen:MqttPort=0").Get<Listen>().MqttPort);
    }

    [Fact]
    public void A_private_key_that_others_can_read_is_refused()
    {
        var key = Write("gateway.key", "secret");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains($"chmod 600 {key}", Assert.Single(Assert.Throws<SettingsException>(() => Load($"--Edge:Uplink:Key={key}")).Errors).Message);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(key, Load($"--Edge:Uplink:Key={key}").Get<Uplink>().Key);
    }

    [Fact]
    public void Lists_maps_and_nested_records_are_bound()
    {
        var uplink = Load("--Edge:Uplink:Cities:1=b", "--Edge:Uplink:Cities:0", "a", "--Edge:Uplink:Lanes:0:Name=toll", "--Edge:Uplink:Lanes:0:When=expire-oldest", "--Edge:Uplink:Weights:x=3", "--Edge:Uplink:Retry:Forever=false").Get<Uplink>();
        Assert.Equal(["a", "b"], uplink.Cities);
        Assert.Equal(new LaneRule { Name = "toll", When = WhenFull.ExpireOldest }, Assert.Single(uplink.Lanes));
        Assert.Equal(3, uplink.Weights["x"]);
        Assert.False(uplink.Retry.Forever);
        Assert.Equal(["one"], Load().Get<Uplink>().Cities);
    }

    [Fact]
    public void Secrets_are_masked_where_they_are_shown()
    {
        var shown = Load("--Edge:Uplink:Password=hush1", "--Edge:Uplink:Seed=hush2", "--Edge:Uplink:Address=https://user:hush3@host").Shown;
        Assert.DoesNotContain(shown, setting => setting.Value?.Contains("hush", StringComparison.Ordinal) == true);
        Assert.Contains(shown, setting => setting is { Key: "Edge:Uplink:Address", Value: "https://***@host" });
        Assert.Contains(shown, setting => setting is { Key: "Edge:Uplink:Password", Value: "***" });
    }

    [Fact]
    public void Sections_of_the_other_processes_may_stand_in_shared_files()
    {
        var file = Write("shared.json", """{ "Cloud": { "HttpPort": 1 }, "Logging": { "LogLevel": { "Default": "Debug" } } }""");
        Assert.Equal("Debug", SettingsLoader.Load("gateway", [], [typeof(Uplink)], sources: new SettingsSources { Files = [file] }).Configuration["Logging:LogLevel:Default"]);
    }

    [Fact]
    public void A_setting_without_a_value_is_an_error_and_other_options_pass_by()
    {
        Assert.Contains("needs a value", Assert.Single(Assert.Throws<SettingsException>(() => Load("--Edge:Uplink:Address")).Errors).Message);
        var (settings, others) = SettingsLoader.Split(["load", "--broker=mqtt://a:1", "--broker", "mqtt://b:1", "--Edge:Uplink:Key", "k", "--rate", "5"]);
        Assert.Equal(["--Edge:Uplink:Key", "k"], settings);
        Assert.Equal(["load", "--broker=mqtt://a:1", "--broker", "mqtt://b:1", "--rate", "5"], others);
    }

    private static Settings Load(params string[] args) => SettingsLoader.Load("gateway", args, [typeof(Uplink), typeof(Listen)], sources: new SettingsSources());

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }
}
