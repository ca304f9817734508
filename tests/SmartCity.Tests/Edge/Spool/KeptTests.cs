using System.Text;
using SmartCity.Edge.Spool;
using static SmartCity.Tests.Edge.Spool.SpoolFolder;

namespace SmartCity.Tests.Edge.Spool;

/// <summary>Records that the owner keeps beside the queue.</summary>
public sealed class KeptTests : IDisposable
{
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static byte[] Key(string text) => Encoding.UTF8.GetBytes(text);

    private static SpoolTransaction Keep(params (string Key, string Value)[] records)
    {
        var transaction = new SpoolTransaction();
        foreach (var (key, value) in records) transaction.Keep(Key(key), Key(value));
        return transaction;
    }

    private static IEnumerable<string> Kept(SmartCity.Edge.Spool.Spool spool) =>
        spool.Kept().Select(record => $"{Encoding.Latin1.GetString(record.Key)}={Encoding.UTF8.GetString(record.Value)}");

    [Fact]
    public void Records_are_replaced_removed_and_removed_by_prefix_in_the_order_of_the_calls()
    {
        using (var spool = _folder.Open())
        {
            spool.Commit(Keep(("a", "1"), ("b/1", "2"), ("b/2", ""), ("c", "4"), ("a", "5")));
            var change = new SpoolTransaction();
            change.Forget(Key("c"));
            change.Forget(Key("never"));
            change.ForgetAll(Key("b/"));
            change.Keep(Key("b/3"), Key("6"));
            spool.Commit(change);
            Assert.Equal(["a=5", "b/3=6"], Kept(spool));
            Assert.Equal((2, 2 + 4 + 2 * SmartCity.Edge.Spool.Spool.RowOverheadBytes), (spool.KeptCount, spool.KeptBytes));
        }
        using (var spool = _folder.Open())
        {
            Assert.True(spool.IsContinued);
            Assert.Equal(["a=5", "b/3=6"], Kept(spool));
            Assert.Equal((2, 2 + 4 + 2 * SmartCity.Edge.Spool.Spool.RowOverheadBytes), (spool.KeptCount, spool.KeptBytes));
        }
    }

    [Fact]
    public void A_prefix_that_ends_in_FF_ends_where_it_should()
    {
        using var spool = _folder.Open();
        var transaction = new SpoolTransaction();
        foreach (var key in (byte[][])[[0x53, 0xFF], [0x53, 0xFF, 1], [0x53, 0xFE, 9], [0x54]]) transaction.Keep(key, default);
        transaction.ForgetAll((byte[])[0x53, 0xFF]);
        spool.Commit(transaction);
        Assert.Equal<byte[]>([[0x53, 0xFE, 9], [0x54]], spool.Kept().Select(record => record.Key));
    }

    [Fact]
    public void More_than_one_page_is_read_in_order_and_without_a_repeat()
    {
        using var spool = _folder.Open();
        var transaction = new SpoolTransaction();
        for (var i = 0; i < 3_000; i++) transaction.Keep(Key($"{i:D5}"), default);
        spool.Commit(transaction);
        Assert.Equal(Enumerable.Range(0, 3_000).Select(i => $"{i:D5}="), Kept(spool));
    }

    [Fact]
    public void A_damaged_record_is_passed_over_and_its_neighbours_are_not()
    {
        using (var spool = _folder.Open()) spool.Commit(Keep(("a", "1"), ("b", "2"), ("c", "3")));
        _folder.Execute("UPDATE kept SET value = x'33' WHERE key = CAST('b' AS BLOB)");
        using (var spool = _folder.Open())
        {
            Assert.Equal(["a=1", "c=3"], Kept(spool));
            Assert.Equal(1, spool.KeptDamaged);
        }
    }

    [Fact]
    public void A_transaction_that_finds_no_room_leaves_records_and_figures_as_they_were_and_removals_go_through()
    {
        using var spool = _folder.Open(_folder.Options(quota: 1_000));
        spool.Commit(Keep(("a", "1"), ("b", "2")));
        var (count, bytes) = (spool.KeptCount, spool.KeptBytes);
        var refused = Row(Telemetry, 1, new byte[2_000]);
        refused.Keep(Key("c"), Key("3"));
        refused.Forget(Key("a"));
        Assert.Throws<SpoolFullException>(() => spool.Commit(refused));
        Assert.Equal((count, bytes), (spool.KeptCount, spool.KeptBytes));
        Assert.Equal(["a=1", "b=2"], Kept(spool));
        spool.CommitReleases(refused);
        Assert.Equal(["b=2"], Kept(spool));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_file_of_an_older_version_gets_what_it_lacks_and_keeps_its_rows(int version)
    {
        using (var spool = _folder.Open()) spool.Commit(Row(Telemetry, 10, 1));
        foreach (var table in new[] { "meta", "epoch", "position", "row", "name", "gap", "dead_letter", "mark", "counter" }) _folder.Execute($"ALTER TABLE {table} DROP COLUMN seal");
        _folder.Execute($"{(version == 1 ? "DROP TABLE kept;" : "")} PRAGMA user_version={version}; PRAGMA application_id=0");
        using (var spool = _folder.Open())
        {
            Assert.Empty(spool.Notes);
            spool.Commit(Keep(("a", "1")));
            Assert.Equal(["a=1"], Kept(spool));
            Assert.Single(ReadAll(spool, spool.Epoch, Telemetry));
        }
    }

    [Fact]
    public void A_copy_is_not_continued()
    {
        using (var spool = _folder.Open()) spool.Commit(Keep(("a", "1")));
        _folder.Execute("UPDATE meta SET value='another/1' WHERE key='identity'");
        using (var spool = _folder.Open())
        {
            Assert.False(spool.IsContinued);
            Assert.Equal(["a=1"], Kept(spool));
        }
    }
}
