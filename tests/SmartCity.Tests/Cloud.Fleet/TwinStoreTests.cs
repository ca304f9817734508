using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Devices.Credentials;

namespace SmartCity.Tests.Cloud.Fleet;

public sealed class TwinStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero));
    private readonly List<(string Before, string After)> _written = [];
    private TwinStore _store;
    private TwinChanges _changes;

    public TwinStoreTests() => (_store, _changes) = Open();

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_patch_makes_a_version_that_is_there_after_a_start()
    {
        var told = new List<string>();
        _changes.Changed += told.Add;
        var first = Patch(0, """{"listen": {"tlsPort": 8885, "mqttPort": 1884}}""");
        Assert.Equal((1, """{"listen":{"mqttPort":1884,"tlsPort":8885}}""", "mina", "patch"), (first.Version, first.Document, first.By, first.How));
        var second = Patch(1, """{"listen": {"tlsPort": null}, "software": "1.2.0"}""");
        Assert.Equal((2, """{"listen":{"mqttPort":1884},"software":"1.2.0"}"""), (second.Version, second.Document));
        Assert.Equal(["g1", "g1"], told);
        Assert.Equal(("""{"software":null,"listen":{"tlsPort":8885}}""", """{"listen":{"tlsPort":null},"software":"1.2.0"}"""), _written[1]);
        _store.Dispose();
        (_store, _changes) = Open();
        Assert.Equal(second, _store.Desired("g1"));
        Assert.Equal([2, 1], _store.History("g1", null, 10).Select(one => one.Version));
        Assert.Equal([(1L, "")], _store.History("g1", 2, 10).Select(one => (one.Version, one.Document)));
        Assert.Equal(first.Document, _store.Find("g1", 1)!.Document);
        Assert.Equal(0, _store.Desired("g2").Version);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["fleet/twins.db"]));
    }

    [Fact]
    public void A_change_of_another_version_than_the_present_one_is_refused()
    {
        Patch(0, """{"software": "1"}""");
        Assert.True(Assert.Throws<TwinChangeException>(() => Patch(0, """{"software": "2"}""")).IsOutdated);
        Assert.True(Assert.Throws<TwinChangeException>(() => Patch(2, """{"software": "2"}""")).IsOutdated);
        Assert.Single(_written);
    }

    [Fact]
    public void Of_many_changes_at_once_of_one_version_one_is_made()
    {
        var made = Enumerable.Range(0, 16).AsParallel().WithDegreeOfParallelism(8).Select(number =>
        {
            try
            {
                return _changes.Patch("g1", 0, Encoding.UTF8.GetBytes($$"""{"software": "{{number}}"}"""), "mina", static (_, _) => { }).Version;
            }
            catch (TwinChangeException error) when (error.IsOutdated)
            {
                return 0;
            }
        }).ToList();
        Assert.Single(made, version => version == 1);
        Assert.Single(_store.History("g1", null, 100));
    }

    [Fact]
    public void What_changes_nothing_makes_no_version_and_is_not_written_down()
    {
        var first = Patch(0, """{"listen": {"mqttPort": 1884}}""");
        Assert.Equal(first, Patch(1, """{"listen": {"mqttPort": 1884}, "software": null}"""));
        Assert.Equal(first, Patch(1, "{}"));
        Assert.Equal(0, _changes.Patch("g2", 0, "{}"u8, "mina", static (_, _) => { }).Version);
        Assert.Single(_written);
    }

    [Fact]
    public void What_cannot_be_written_down_is_not_done()
    {
        Assert.Throws<InvalidOperationException>(() => _changes.Patch("g1", 0, """{"software": "1"}"""u8, "mina", static (_, _) => throw new InvalidOperationException("the audit log is full")));
        Assert.Equal(0, _store.Desired("g1").Version);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("[]", "")]
    [InlineData("{\"a\":1,\"a\":2}", "")]
    [InlineData("{\"software\":\"\\ud800\"}", "")]
    [InlineData("{\"listen\":{\"mqttPort\":\"1883\"}}", "/listen/mqttPort")]
    [InlineData("{\"devices\":{\"no id\":{\"password\":\"x\"}}}", "/devices/no id")]
    [InlineData("{\"devices\":{\"a\":{\"password\":\"\"}}}", "/devices/a/password")]
    [InlineData("{\"devices\":{\"a\":{\"password\":\"(hidden 00000000)\"}}}", "/devices/a/password")]
    public void What_is_wrong_is_refused_with_its_place(string patch, string pointer)
    {
        var error = Assert.Throws<TwinChangeException>(() => Patch(0, patch));
        Assert.Equal(pointer, error.Faults[0].Pointer);
        Assert.Equal(0, _store.Desired("g1").Version);
        Assert.Empty(_written);
    }

    [Fact]
    public void A_password_is_kept_as_a_hash_and_stands_nowhere_in_clear()
    {
        const string Clear = "canary-7f3a-password";
        var first = Patch(0, $$$$"""{"devices": {"air-1": {"password": "{{{{Clear}}}}"}}, "bridges": {"plant": {"password": "{{{{Clear}}}}-2", "topics": ["plant/#"]}}}""");
        var password = JsonNode.Parse(first.Document)!["devices"]!["air-1"]!["password"]!.GetValue<string>();
        Assert.True(PasswordHash.TryParse(password)!.Fits(Encoding.UTF8.GetBytes(Clear)));
        Assert.DoesNotContain("pbkdf2", _written[0].After, StringComparison.Ordinal);
        Assert.Contains("(hidden ", _written[0].After, StringComparison.Ordinal);
        // The same password again, and the mark that stands for it, change nothing.
        Assert.Equal(first, Patch(1, $$$$"""{"devices": {"air-1": {"password": "{{{{Clear}}}}"}}}"""));
        var shown = SmartCity.Devices.Twins.TwinSecrets.Hide((JsonObject)JsonNode.Parse(first.Document)!).ToJsonString();
        Assert.Equal(first, _changes.Replace("g1", 1, Encoding.UTF8.GetBytes(shown), "mina", Write));
        // Another one is told of, as another mark.
        Patch(1, """{"devices": {"air-1": {"password": "other"}}}""");
        Assert.NotEqual(_written[1].Before, _written[1].After);
        _store.Dispose();
        foreach (var file in Directory.EnumerateFiles(_folder["fleet"])) Assert.DoesNotContain(Clear, Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal);
        Assert.DoesNotContain(Clear, string.Join(' ', _written), StringComparison.Ordinal);
        (_store, _changes) = Open();
    }

    [Fact]
    public void An_undo_is_a_new_version_with_what_stood_in_an_earlier_one()
    {
        Patch(0, """{"software": "1"}""");
        Patch(1, """{"software": "2"}""");
        Patch(2, """{"software": "3"}""");
        Assert.Equal((4, """{"software":"2"}""", "undo 2"), Of(_changes.Undo("g1", 3, null, "ali", Write)));
        Assert.Equal((5, """{"software":"3"}""", "undo 3"), Of(_changes.Undo("g1", 4, null, "ali", Write)));
        Assert.Equal((6, "{}", "undo 0"), Of(_changes.Undo("g1", 5, 0, "ali", Write)));
        Assert.Throws<TwinChangeException>(() => _changes.Undo("g1", 6, 99, "ali", Write));
        Assert.True(Assert.Throws<TwinChangeException>(() => _changes.Undo("g1", 5, 1, "ali", Write)).IsOutdated);
        Assert.Throws<TwinChangeException>(() => _changes.Undo("g2", 0, null, "ali", Write));

        static (long, string, string) Of(DesiredTwin twin) => (twin.Version, twin.Document, twin.How);
    }

    [Fact]
    public void What_a_gateway_reports_stands_with_the_version_it_speaks_of()
    {
        Patch(0, """{"software": "1"}""");
        Patch(1, """{"software": "2"}""");
        Assert.Null(_store.Reported("g1"));
        Assert.Equal(1, _store.Report(new ReportedTwin("g1", 0, 10, 1, "applied", null, "{}")).Number);
        Assert.Equal(2, _store.Report(new ReportedTwin("g1", 0, 20, 2, "rolledBack", "not connected", """{"x":1}""")).Number);
        // One of a version that nobody knows here is kept, and harms nothing.
        Assert.Equal(3, _store.Report(new ReportedTwin("g1", 0, 30, 99, "trial", null, "{}")).Number);
        Assert.Equal([("rolledBack", "not connected", 20L), ("applied", null, 10L)], _store.History("g1", null, 10).Select(one => (one.State, one.Reason, one.StateAt!.Value)));
        Assert.Equal(("trial", 99L), (_store.Reported("g1")!.State, _store.Reported("g1")!.Version));
    }

    [Fact]
    public void A_history_without_end_is_cut_at_its_oldest()
    {
        for (var version = 0; version < TwinStore.VersionsMax + 5; version++) Assert.True(_store.Add(new DesiredTwin("g1", version + 1, "h", "{}", 1, "mina", "patch"), static () => { }));
        var history = _store.History("g1", null, 10_000);
        Assert.Equal((TwinStore.VersionsMax, TwinStore.VersionsMax + 5, 6), (history.Count, history[0].Version, history[^1].Version));
    }

    private (TwinStore, TwinChanges) Open()
    {
        var store = new TwinStore(_folder["fleet/twins.db"]);
        return (store, new TwinChanges(store, _clock));
    }

    private DesiredTwin Patch(long expected, string patch) => _changes.Patch("g1", expected, Encoding.UTF8.GetBytes(patch), "mina", Write);

    private void Write(string before, string after) => _written.Add((before, after));
}
