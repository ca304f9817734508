using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>A toll road in a city: played by the simulator, taken in from a file, charged and posted; and who may see it.</summary>
internal static class TollRoad
{
    private static readonly TimeSpan _atMost = TimeSpan.FromSeconds(60);

    /// <summary>Gives a city that runs a small day with every fault, and waits until all of it is in the ledger.</summary>
    /// <returns>Id of a passage that was charged.</returns>
    public static async Task<string> GiveAsync(TrunkCity city, CancellationToken stop)
    {
        var (events, configuration) = (city["toll-events.ndjson"], city["toll-configuration"]);
        await DoAsync("firmware-sim/SmartCity.FirmwareSim", 0, stop, "corridor", "--passages", "60", "--seed", "1", "--faults", "all", "--day", "2026-11-22", "--out", events, "--truth", city["toll-truth.ndjson"], "--config", configuration);
        return await GiveAsync(city, events, Directory.GetFiles(configuration), stop);
    }

    /// <summary>Gives a city that runs a day of a file, and waits until all of it is in the ledger.</summary>
    /// <returns>Id of a passage that was charged.</returns>
    public static async Task<string> GiveAsync(TrunkCity city, string events, string[] configuration, CancellationToken stop)
    {
        await DoAsync("cloud/SmartCity.Cloud.Server", 0, stop, ["toll", "config", "import", .. configuration, "--yes", "--data", city.Server.Data]);
        await DoAsync("cloud/SmartCity.Cloud.Server", 0, stop, "toll", "ingest", events, "--data", city.Server.Data);
        var begin = Stopwatch.GetTimestamp();
        for (var still = 0; still < 3;)
        {
            var work = await AskAsync(city, "work", stop);
            using var parsed = JsonDocument.Parse(work);
            still = parsed.RootElement.GetProperty("isDone").GetBoolean() && await city.Server.AuditNowAsync("queued", stop) == 0 ? still + 1 : 0;
            Assert.True(Stopwatch.GetElapsedTime(begin) < _atMost, $"not charged within {_atMost.TotalSeconds} s: {work}; {city.Server.Words}");
            await Task.Delay(300, stop);
        }
        using var charges = JsonDocument.Parse(await AskAsync(city, "charges?outcome=charged&limit=1", stop));
        var passage = charges.RootElement.GetProperty("items")[0].GetProperty("passage").GetString()!;
        // The first dispute, for the pages that show one.
        await AdminSocket.AskAsync(AdminSocket.FileIn(city.Server.Data), HttpMethod.Post, "/api/v1/toll/disputes", stop, JsonSerializer.SerializeToUtf8Bytes(new { charge = passage, reason = "wrongClass", text = "a motorcycle" }));
        return passage;
    }

    /// <summary>Gives an account of a city that runs other roles.</summary>
    public static async Task SetRolesAsync(TrunkCity city, string name, string[] roles, CancellationToken stop) => await AdminSocket.AskAsync(
        AdminSocket.FileIn(city.Server.Data), HttpMethod.Put, $"/api/v1/users/{name}", stop, JsonSerializer.SerializeToUtf8Bytes(new { roles, areas = Array.Empty<string>() }));

    /// <summary>Adds an account to a city that runs.</summary>
    /// <returns>The secret of its one sign-in.</returns>
    public static async Task<string> AddAccountAsync(TrunkCity city, string name, string[] roles, CancellationToken stop) => (await AdminSocket.AskAsync(
        AdminSocket.FileIn(city.Server.Data), HttpMethod.Post, "/api/v1/users", stop, JsonSerializer.SerializeToUtf8Bytes(new { name, roles, areas = Array.Empty<string>() }))).GetProperty("secret").GetString()!;

    /// <summary>Asks as an operator on the machine does, by the server's socket.</summary>
    public static async Task<string> AskAsync(TrunkCity city, string path, CancellationToken stop) =>
        (await AdminSocket.AskAsync(AdminSocket.FileIn(city.Server.Data), HttpMethod.Get, "/api/v1/toll/" + path, stop)).ToString();

    /// <summary>Does something as an operator on the machine does, by the server's socket.</summary>
    public static Task<JsonElement> ActAsync(TrunkCity city, HttpMethod method, string path, object? body, CancellationToken stop) =>
        AdminSocket.AskAsync(AdminSocket.FileIn(city.Server.Data), method, "/api/v1/toll/" + path, stop, body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body));

    /// <summary>Adds a toll manager who signs in, chooses a password and signs a period.</summary>
    public static async Task SignAsync(TrunkCity city, string name, int period, CancellationToken stop)
    {
        var secret = await AddAccountAsync(city, name, [Roles.TollManager], stop);
        // Cookies are kept by hand: the client's own jar sends none that is Secure without TLS, as browsers do to localhost.
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{city.Server.Port("http")}"), Timeout = TimeSpan.FromMinutes(10) };
        http.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        await PostAsync("/api/v1/session", new { name, password = secret });
        await PostAsync("/api/v1/account/password", new { old = secret, @new = "correct horse battery staple" });
        await PostAsync($"/api/v1/toll/periods/{period}/sign", new { });

        async Task PostAsync(string path, object body)
        {
            using var answer = await http.PostAsJsonAsync(path, body, stop);
            Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
            if (!answer.Headers.TryGetValues("Set-Cookie", out var cookies)) return;
            http.DefaultRequestHeaders.Remove("Cookie");
            http.DefaultRequestHeaders.Add("Cookie", string.Join("; ", cookies.Select(cookie => cookie.Split(';')[0])));
        }
    }

    /// <summary>Runs a program of the solution to its end.</summary>
    /// <returns>What it said.</returns>
    public static async Task<string> DoAsync(string project, int exit, CancellationToken stop, params string[] arguments)
    {
        using var process = Command(project, arguments);
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        Assert.True(process.ExitCode == exit, $"{string.Join(' ', arguments)} ended with {process.ExitCode}: {await said} {await complained}");
        return await said + await complained;
    }

    /// <summary>Begins to run a program of the solution.</summary>
    public static Process Command(string project, params string[] arguments)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, project, "bin", build.Parent!.Name, build.Name, Path.GetFileName(project) + ".dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }
}
