using System.Diagnostics;
using System.Text.Json;

namespace SmartCity.Tests.EndToEnd;

/// <summary>The README's command brings the city up healthy, with live values, and takes it down again.</summary>
public sealed class HealthyCityTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan _stopsWithin = TimeSpan.FromSeconds(10);
    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("duckdb", 15)]
    [InlineData("duckdb", 2)]
    [InlineData("influx", 15)]
    public async Task The_city_comes_up_shows_live_values_in_ten_seconds_and_stops_in_ten(string store, int signal)
    {
        var stop = TestContext.Current.CancellationToken;
        using var city = CityProcess.Start(_folder.Path, "--store", store, "--devices", "100");
        await Eventually.HoldsAsync("the city is up", () => city.Words.Contains("The city is up", StringComparison.Ordinal), seconds: 90);
        var up = Stopwatch.GetTimestamp();
        var devices = 0;
        while (devices < 100)
        {
            Assert.True(Stopwatch.GetElapsedTime(up) < TimeSpan.FromSeconds(10), $"after 10 s only {devices} of 100 devices are live");
            await Task.Delay(100, stop);
            using var json = JsonDocument.Parse(await GetAsync(city, "/api/v1/devices?state=live", stop));
            devices = json.RootElement.GetProperty("items").GetArrayLength();
        }
        output.WriteLine($"{store}: all devices live {Stopwatch.GetElapsedTime(up).TotalSeconds:0.0} s after the city was up");
        Assert.Contains("<html", await GetAsync(city, "/", stop), StringComparison.Ordinal);
        Assert.Contains("\"status\":\"ok\"", await GetAsync(city, "/health/ready", stop), StringComparison.Ordinal);

        if (signal == 2) await LadderAsync(city, stop);

        city.Signal(signal);
        Assert.Equal(0, await city.ExitAsync(_stopsWithin));
        Assert.Empty(city.Processes());
    }

    /// <summary>The gateway enrolled by a code, which is gone, and every step from it to a value that is visible in the city is well.</summary>
    private static async Task LadderAsync(CityProcess city, CancellationToken stop)
    {
        Assert.False(File.Exists(Path.Combine(city.Data, "gateway", "enrolment.code")));
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "edge/SmartCity.Edge.Gateway/bin", build.Parent!.Name, build.Name, "SmartCity.Edge.Gateway.dll");
        using var check = Process.Start(new ProcessStartInfo("dotnet", [program, "check", "--data", Path.Combine(city.Data, "gateway"), "--output", "ndjson"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (found, talk) = (await check.StandardOutput.ReadToEndAsync(stop), await check.StandardError.ReadToEndAsync(stop));
        await check.WaitForExitAsync(stop);
        Assert.True(check.ExitCode == 0, found + talk);
        Assert.Equal(11, found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains("\"state\":\"ok\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_was_stored_is_there_after_the_next_start()
    {
        var stop = TestContext.Current.CancellationToken;
        string before;
        using (var city = CityProcess.Start(_folder.Path, "--devices", "20"))
        {
            await Eventually.HoldsAsync("the city is up", () => city.Words.Contains("The city is up", StringComparison.Ordinal), seconds: 90);
            await Task.Delay(2_000, stop);
            before = await OldestAsync(city, stop);
            city.Signal(15);
            Assert.Equal(0, await city.ExitAsync(_stopsWithin));
        }
        using (var city = CityProcess.Start(_folder.Path, "--devices", "20"))
        {
            await Eventually.HoldsAsync("the city is up", () => city.Words.Contains("The city is up", StringComparison.Ordinal), seconds: 90);
            Assert.Equal(before, await OldestAsync(city, stop));
            city.Signal(15);
            Assert.Equal(0, await city.ExitAsync(_stopsWithin));
        }
    }

    /// <summary>The first reading of some device today.</summary>
    private static async Task<string> OldestAsync(CityProcess city, CancellationToken stop)
    {
        using var devices = JsonDocument.Parse(await GetAsync(city, "/api/v1/devices?limit=1", stop));
        var device = devices.RootElement.GetProperty("items")[0].GetProperty("id").GetString();
        using var readings = JsonDocument.Parse(await GetAsync(city, $"/api/v1/readings?device={device}&from={DateTime.UtcNow.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}&limit=1", stop));
        return readings.RootElement.GetProperty("items")[0].ToString();
    }

    private static async Task<string> GetAsync(CityProcess city, string path, CancellationToken stop)
    {
        var ports = JsonSerializer.Deserialize<Dictionary<string, int>>(await File.ReadAllBytesAsync(Path.Combine(city.Data, "server", "ports.json"), stop))!;
        return await _http.GetStringAsync(new Uri($"http://127.0.0.1:{ports["http"]}{path}"), stop);
    }
}
