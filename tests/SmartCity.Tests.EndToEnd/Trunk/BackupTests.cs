using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>A server is lost with its disk and comes back from a backup: what gateways still hold comes again, the rest is told number by number.</summary>
public sealed class BackupTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_lost_server_comes_back_from_a_backup_that_was_taken_under_load()
    {
        var stop = TestContext.Current.CancellationToken;
        using var city = new TrunkCity();
        await city.StartAsync(stop);
        var backups = city["backups"];
        using (var load = city.Load("--devices", "50", "--rate", "500", "--duration", "4"))
        {
            var said = load.StandardOutput.ReadToEndAsync(stop);
            await Task.Delay(TimeSpan.FromSeconds(2), stop);
            await OperateAsync(city, stop, "backup", backups, "--output", "json");
            await load.WaitForExitAsync(stop);
            await said;
        }
        // All of it is acknowledged: what came after the backup was taken is nowhere but on the server's disk.
        await city.SettleAsync(TimeSpan.FromSeconds(30), stop);
        var before = await city.Server.AuditNowAsync("stored", stop);
        var second = await OperateAsync(city, stop, "restore", backups, "--dry-run", "--output", "json");
        var inBackup = second[0].GetProperty("values").GetInt64();
        Assert.InRange(inBackup, 1, before - 1);

        city.Server.Kill();
        var lost = Stopwatch.GetTimestamp();
        Directory.Delete(city.Server.Data, recursive: true);
        using (var load = city.Load("--devices", "50", "--rate", "500", "--duration", "1"))
        {
            var said = load.StandardOutput.ReadToEndAsync(stop);
            await load.WaitForExitAsync(stop);
            await said;
        }
        var held = await city.Gateway.AuditAsync("queued", stop);
        Assert.True(held > 0, "nothing waits at the gateway");
        await OperateAsync(city, stop, "restore", backups, "--data", city.Server.Data);
        await city.Server.StartReadyAsync(TimeSpan.FromSeconds(30), stop);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{before} values before, {inBackup} in the backup, {held} held by the gateway; ready {Stopwatch.GetElapsedTime(lost).TotalSeconds:0.0} s after the loss"));

        await Eventually(async () => await city.Gateway.AuditAsync("queued", stop) == 0 && await city.Server.AuditNowAsync("queued", stop) == 0 && await city.Server.AuditNowAsync("stored", stop) == inBackup + held,
            async () => $"{await city.Server.GetAsync("/audit", stop)}, {inBackup} were in the backup and {held} at the gateway", stop);
        Assert.Equal(0, await city.Server.AuditNowAsync("imbalance", stop) + await city.Gateway.AuditAsync("imbalance", stop));
        // Each number that nobody has any more stands in a gap, and no other.
        using var completeness = JsonDocument.Parse(await city.Server.GetAsync("/api/v1/completeness", stop));
        var missing = completeness.RootElement.GetProperty("items").EnumerateArray().SelectMany(lane => lane.GetProperty("missing").EnumerateArray()).ToList();
        Assert.All(missing, range => Assert.Equal("released", range.GetProperty("reason").GetString()));
        Assert.Equal(before - inBackup, missing.Sum(range => range.GetProperty("last").GetInt64() - range.GetProperty("first").GetInt64() + 1));
    }

    private static async Task Eventually(Func<Task<bool>> holds, Func<Task<string>> words, CancellationToken stop)
    {
        for (var begin = Stopwatch.GetTimestamp(); !await holds(); await Task.Delay(100, stop))
            if (Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(30)) Assert.Fail(await words());
    }

    /// <summary>Runs an operator's command in a process of its own.</summary>
    private static async Task<JsonElement> OperateAsync(TrunkCity city, CancellationToken stop, params string[] words)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "cloud/SmartCity.Cloud.Server/bin", build.Parent!.Name, build.Name, "SmartCity.Cloud.Server.dll");
        string[] where = words.Contains("--data") ? [] : ["--data", city.Server.Data];
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. words, .. where]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, talk) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', words)} ended with {process.ExitCode}: {await talk}");
        return words.Contains("json") ? JsonSerializer.Deserialize<JsonElement>(await said) : default;
    }
}
