using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Backup;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Hosting.Commands;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Server.Backup;

/// <summary>Backups of a server that goes on, and what is restored from them.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
    private string Backups => _folder["backups"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_restored_is_the_server_of_one_moment_and_what_came_later_is_told()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var time = DateTimeOffset.UtcNow.AddMinutes(-10);
        await cloud.SendAsync(("d", "t", 1, time), ("d", "t", 2, time.AddSeconds(1)));
        await cloud.StoredAsync();
        var taken = await TakeAsync(cloud);
        Assert.Equal((2, 0), (taken.LogEnd, taken.Linked));
        // Acknowledged, so the gateway has let go of it.
        await cloud.SendAsync(("d", "t", 3, time.AddSeconds(2)), ("d", "t", 4, time.AddSeconds(3)), ("d", "t", 5, time.AddSeconds(4)));
        await cloud.StoredAsync();
        await cloud.RestartAsync(() =>
        {
            Directory.Delete(cloud.Data, recursive: true);
            Restore(cloud.Data);
        });

        Assert.Equal(2, cloud.App.Services.GetRequiredService<DurableLog>().End);
        await cloud.SendGapAsync(3);
        await cloud.SendAsync(("d", "t", 60, time.AddSeconds(5)));
        var audit = cloud.App.Services.GetRequiredService<CloudAudit>();
        await Eventually.HoldsAsync("the books balance", async () => await audit.TakeAsync(Stop) is { } terms && terms.All(term => term is { Imbalance: 0, Queued: 0 }) && terms.Sum(term => term.Stored) == 3);
        var missing = Assert.Single(cloud.App.Services.GetRequiredService<DurableLog>().Completeness("g1").SelectMany(lane => lane.Missing));
        Assert.Equal((3, 5, GapReason.Released), (missing.First, missing.Last, missing.Reason));
        using var latest = JsonDocument.Parse(await cloud.Http.GetStringAsync("/api/v1/latest?device=d", Stop));
        Assert.Equal(60, Assert.Single(latest.RootElement.GetProperty("items").EnumerateArray()).GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task Under_load_every_backup_is_of_one_moment_and_reads_nothing_twice_that_has_not_changed()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var time = DateTimeOffset.UtcNow.AddDays(-3);
        var sent = 0;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var load = Task.Run(async () =>
        {
            for (; !enough.IsCancellationRequested; sent += 100)
                await cloud.SendAsync([.. Enumerable.Range(sent, 100).Select(i => ($"d{i % 7}", "t", (double)i, time.AddSeconds(i)))]);
        }, Stop);
        var store = (DuckDbReadingStore)cloud.App.Services.GetRequiredService<IReadingStore>();
        await Eventually.HoldsAsync("values have come", () => sent > 500);
        await store.SettleAsync(Stop);
        var first = await TakeAsync(cloud);
        var second = await TakeAsync(cloud);
        await enough.CancelAsync();
        await load;

        Assert.True(second.LogEnd >= first.LogEnd);
        Assert.True(second.Linked > 0, "no sealed file was taken over");
        foreach (var summary in (BackupSummary[])[first, second])
        {
            var data = _folder[$"restored-{summary.Id}"];
            await RestoreAsync(data, summary.Id);
            await using var restored = new DuckDbReadingStore(new DuckDbOptions { Folder = Path.Combine(data, "readings") }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<DuckDbReadingStore>.Instance);
            var next = await restored.OpenAsync(Stop);
            Assert.InRange(next, 1, summary.LogEnd);
            // What the store does not have, the log has.
            Assert.Equal(next, (await restored.CountsAsync(Stop)).Sum(count => count.Stored));
            using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(data, "log"), ReserveBytes = 0 }, TimeProvider.System);
            Assert.Equal((summary.LogEnd, false), (log.End, log.AreBooksOpen));
        }
        var sealedFile = Directory.EnumerateFiles(Path.Combine(first.Folder, "readings", "sealed")).First();
        Assert.Equal(Inode(sealedFile), Inode(Path.Combine(second.Folder, "readings", "sealed", Path.GetFileName(sealedFile))));
    }

    [Theory]
    [InlineData("log/log.side"), InlineData("log/log.db"), InlineData("before the manifest"), InlineData("before the name")]
    public async Task A_backup_that_breaks_off_is_none_and_leaves_the_one_before(string step)
    {
        var source = await StoppedAsync();
        var whole = await new BackupTaker(source, TimeProvider.System).TakeAsync(Backups, null, static _ => { }, Stop);
        var taker = new BackupTaker(source, TimeProvider.System) { AtStep = at => { if (at == step) Snap(); } };
        // As it lies after a kill: what the taker's own clearing up would have removed.
        void Snap()
        {
            var partial = Directory.GetDirectories(Backups, ".partial-*").Single();
            Copy(partial, _folder["killed"]);
            throw new IOException("the power went");
        }
        Assert.Contains("the power went", (await Assert.ThrowsAsync<BackupException>(() => taker.TakeAsync(Backups, null, static _ => { }, Stop))).Message);
        Directory.Move(_folder["killed"], Path.Combine(Backups, ".partial-20990101T000000Z"));
        Assert.Equal(whole.Id, BackupRestore.Find(Backups, null, null).Manifest.Id);
        // The next one clears away what is left of it.
        var next = await new BackupTaker(source, TimeProvider.System).TakeAsync(Backups, 1, static _ => { }, Stop);
        Assert.Equal([next.Id], Directory.GetDirectories(Backups).Select(Path.GetFileName));
        Assert.Equal([whole.Id], next.Removed);
    }

    [Fact]
    public async Task What_only_a_broken_backup_left_is_no_backup()
    {
        Directory.CreateDirectory(Path.Combine(Backups, ".partial-20260101T000000Z"));
        var (exit, _, talk) = await RunAsync("restore", Backups, "--data", _folder["new"]);
        Assert.Equal(1, exit);
        Assert.Contains("holds no whole backup, only what was left by one that did not end: .partial-20260101T000000Z", talk);
        Assert.Contains("It is the folder of one that did not end.", (await RunAsync("restore", Path.Combine(Backups, ".partial-20260101T000000Z"), "--data", _folder["new"])).Talk);
        Assert.False(Directory.Exists(_folder["new"]));
    }

    [Theory]
    [InlineData("cut", "log/log.db: is cut off: ")]
    [InlineData("longer", "log/log.db: is too long: ")]
    [InlineData("flipped", "log/log.db: was changed: its SHA-256 is ")]
    [InlineData("gone", "log/log.db: is missing")]
    [InlineData("linked", "log/log.db: is a link to somewhere else")]
    [InlineData("manifest cut", "is not what was written: its SHA-256 is ")]
    [InlineData("manifest without its hash", "manifest.sha256 is missing: the backup is not whole")]
    [InlineData("newer", "was made by a newer program (SmartCity 9.9, format 2; this one reads 1). Install that program.")]
    [InlineData("path", "\"../../etc/passwd\", which is no path inside of the backup")]
    [InlineData("twice", "names a file twice")]
    [InlineData("no manifest", "is no manifest of a backup")]
    [InlineData("city", "is the backup of another city: tehran (")]
    [InlineData("log end", "The log ends at 0, the manifest says 7.")]
    public async Task A_backup_that_does_not_hold_is_refused_with_what_and_where_and_nothing_is_restored(string fault, string said)
    {
        var summary = await new BackupTaker(await StoppedAsync() with { CityName = "tehran" }, TimeProvider.System).TakeAsync(Backups, null, static _ => { }, Stop);
        var log = Path.Combine(summary.Folder, "log", "log.db");
        var manifest = Path.Combine(summary.Folder, BackupManifest.FileName);
        switch (fault)
        {
            case "cut":
                using (var file = new FileStream(log, FileMode.Open)) file.SetLength(file.Length - 1);
                break;
            case "longer":
                await File.AppendAllTextAsync(log, "x", Stop);
                break;
            case "flipped":
                using (var file = new FileStream(log, FileMode.Open))
                {
                    file.Position = 5_000;
                    var old = file.ReadByte();
                    file.Position = 5_000;
                    file.WriteByte((byte)(old ^ 1));
                }
                break;
            case "gone":
                File.Delete(log);
                break;
            case "linked":
                File.Move(log, _folder["elsewhere"]);
                File.CreateSymbolicLink(log, _folder["elsewhere"]);
                break;
            case "manifest cut":
                using (var file = new FileStream(manifest, FileMode.Open)) file.SetLength(file.Length / 2);
                break;
            case "manifest without its hash":
                File.Delete(Path.Combine(summary.Folder, BackupManifest.HashName));
                break;
            case "newer":
                Rewrite("""{"format": 2, "program": "9.9", "whatever": []}""");
                break;
            case "path":
                Rewrite(File.ReadAllText(manifest).Replace("\"log/log.db\"", "\"../../etc/passwd\"", StringComparison.Ordinal));
                break;
            case "twice":
                Rewrite(File.ReadAllText(manifest).Replace("\"log/log.side\"", "\"log/log.db\"", StringComparison.Ordinal));
                break;
            case "no manifest":
                Rewrite("[1, 2");
                break;
            case "log end":
                Rewrite(File.ReadAllText(manifest).Replace("\"logEnd\": 0", "\"logEnd\": 7", StringComparison.Ordinal));
                break;
        }
        var (exit, output, talk) = await RunAsync("restore", Backups, "--data", _folder["new"], "--city", fault == "city" ? "shiraz" : "tehran");
        Assert.Equal((1, ""), (exit, output));
        Assert.Contains(said, talk);
        Assert.False(Directory.Exists(_folder["new"]));
        Assert.Empty(Directory.GetDirectories(_folder.Path, ".restoring-*"));

        void Rewrite(string text)
        {
            File.WriteAllText(manifest, text);
            File.WriteAllText(Path.Combine(summary.Folder, BackupManifest.HashName), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(manifest))) + "  manifest.json\n");
        }
    }

    [Fact]
    public async Task Each_server_has_a_folder_of_its_own_and_an_occupied_folder_is_left_alone()
    {
        var source = await StoppedAsync();
        await new BackupTaker(source, TimeProvider.System).TakeAsync(Backups, null, static _ => { }, Stop);
        var error = await Assert.ThrowsAsync<BackupException>(() => new BackupTaker(source with { City = "other" }, TimeProvider.System).TakeAsync(Backups, null, static _ => { }, Stop));
        Assert.Contains("holds the backups of another server", error.Message);
        error = await Assert.ThrowsAsync<BackupException>(() => new BackupTaker(source, TimeProvider.System).TakeAsync(Path.Combine(source.Data, "backups"), null, static _ => { }, Stop));
        Assert.Contains("lie in one another", error.Message);
        using (new BackupFolder(Backups).Hold())
        {
            error = await Assert.ThrowsAsync<BackupException>(() => new BackupTaker(source, TimeProvider.System).TakeAsync(Backups, null, static _ => { }, Stop));
            Assert.Contains("is under way", error.Message);
        }
        Directory.CreateDirectory(_folder["full"]);
        await File.WriteAllTextAsync(_folder["full/mine"], "", Stop);
        Assert.Contains("is not empty", (await RunAsync("restore", Backups, "--data", _folder["full"])).Talk);
        Assert.Contains("holds no backup 19990101T000000Z", (await RunAsync("restore", Backups, "--data", _folder["new"], "--backup", "19990101T000000Z")).Talk);
        Assert.Equal(2, (await RunAsync("restore", Backups)).Exit);
        Assert.Equal(4, (await RunAsync("restore", _folder["nowhere"], "--data", _folder["new"])).Exit);
        Assert.Equal(4, (await RunAsync("backup", Backups, "--data", _folder["nowhere"])).Exit);
        Assert.Equal(2, (await RunAsync("backup", Backups, "--keep", "0")).Exit);
        var (exit, output, _) = await RunAsync("restore", Backups, "--dry-run", "--output", "csv");
        Assert.Equal(0, exit);
        Assert.Contains("(verified, not restored)", output);
    }

    [Fact]
    public async Task Secrets_and_times_are_restored_as_they_were()
    {
        var source = await StoppedAsync();
        await new BackupTaker(source with { SettingsFiles = [Write("uplink.key", "secret")] }, TimeProvider.System).TakeAsync(Backups, null, static _ => { }, Stop);
        await RestoreAsync(_folder["new"]);
        var key = _folder["new/keys/completeness.key"];
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(source.Data, "keys", "completeness.key"), Stop), await File.ReadAllTextAsync(key, Stop));
        Assert.Equal(File.GetLastWriteTimeUtc(Path.Combine(source.Data, "keys", "completeness.key")), File.GetLastWriteTimeUtc(key));
        Assert.Equal("secret", await File.ReadAllTextAsync(_folder["new/settings/uplink.key"], Stop));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Backups));
        Assert.False(File.Exists(_folder["new/process.lock"]));
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }

    /// <summary>The data of a server that does not run: a log, a key, and a lock that belongs to no backup.</summary>
    private async Task<BackupSource> StoppedAsync()
    {
        var data = _folder["data"];
        using (DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(data, "log") }, TimeProvider.System)) { }
        using var identity = CompletenessCertificates.Open(data);
        await File.WriteAllTextAsync(Path.Combine(data, "process.lock"), "", Stop);
        return new BackupSource(data, identity.KeyId);
    }

    private Task<BackupSummary> TakeAsync(CloudUnderTest cloud) => cloud.App.Services.GetRequiredService<Backups>().TakeAsync(Backups, null, static _ => { }, Stop);

    /// <summary>For where there is nothing to wait with.</summary>
    private void Restore(string data) => RestoreAsync(data).GetAwaiter().GetResult();

    private async Task RestoreAsync(string data, string? id = null)
    {
        var (exit, _, talk) = await RunAsync("restore", Backups, "--data", data, "--backup", id ?? new BackupFolder(Backups).Ids()[^1]);
        Assert.True(exit == 0, talk);
    }

    private static async Task<(int Exit, string Output, string Talk)> RunAsync(params string[] words)
    {
        using var output = new StringWriter();
        using var talk = new StringWriter();
        return (await CommandLine.RunAsync(ServerCommand.Create(words), words, output, talk, Stop), output.ToString(), talk.ToString());
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }

    private static string Inode(string file)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%i", file]) { RedirectStandardOutput = true })!;
        return stat.StandardOutput.ReadToEnd();
    }
}
