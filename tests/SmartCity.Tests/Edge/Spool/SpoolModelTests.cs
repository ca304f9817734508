using SmartCity.Edge.Spool;

namespace SmartCity.Tests.Edge.Spool;

/// <summary>The spool against a model of lists, under random work, reopening and kills.</summary>
public sealed class SpoolModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_work_agrees_with_the_model(int seed)
    {
        var random = new Random(seed);
        var folder = new SpoolFolder();
        var spool = folder.Open();
        var epoch = spool.Epoch;
        try
        {
            var rows = new Dictionary<byte, List<(long First, int Count, byte[] Columns)>> { [1] = [], [2] = [], [3] = [] };
            var next = new Dictionary<byte, long> { [1] = 1, [2] = 1, [3] = 1 };
            var released = new Dictionary<byte, long> { [1] = 0, [2] = 0, [3] = 0 };
            var accepted = new Dictionary<byte, long> { [1] = 0, [2] = 0, [3] = 0 };
            for (var step = 0; step < 300; step++)
            {
                var transaction = new SpoolTransaction();
                for (var parts = random.Next(1, 5); parts > 0; parts--)
                {
                    var lane = (byte)random.Next(1, 4);
                    if (random.Next(3) > 0)
                    {
                        var columns = new byte[random.Next(0, 3000)];
                        random.NextBytes(columns);
                        var count = random.Next(1, 50);
                        transaction.Append(lane, count, 0, columns);
                        rows[lane].Add((next[lane], count, columns));
                        next[lane] += count;
                        accepted[lane] += count;
                    }
                    else if (rows[lane].Count > 0 && transaction.Rows.All(row => row.Lane != lane))
                    {
                        var through = rows[lane][random.Next(rows[lane].Count)] is var row ? row.First + row.Count - 1 : 0;
                        transaction.Release(epoch, lane, through);
                        rows[lane].RemoveAll(row => row.First + row.Count - 1 <= through);
                        released[lane] = Math.Max(released[lane], through);
                    }
                }
                spool.Commit(transaction);
                switch (random.Next(20))
                {
                    case 0:
                        spool.Dispose();
                        spool = folder.Open();
                        break;
                    case 1:
                        var killed = folder.CopyAsKilled();
                        spool.Dispose();
                        folder.Dispose();
                        folder = killed;
                        spool = folder.Open();
                        break;
                }
                Assert.Equal(epoch, spool.Epoch);
                foreach (var lane in rows.Keys)
                {
                    var from = released[lane] + 1;
                    var read = SpoolFolder.ReadAll(spool, epoch, lane, from);
                    Assert.Equal(rows[lane].Select(row => (row.First, row.First + row.Count - 1)), read.Select(entry => (entry.First, entry.Last)));
                    Assert.All(read.Zip(rows[lane]), pair => Assert.Equal(pair.Second.Columns, pair.First.Columns));
                }
                Assert.All(spool.Audit(), lane =>
                {
                    Assert.Equal(0, lane.Imbalance);
                    Assert.Equal(accepted[lane.Lane], lane.Accepted);
                    Assert.Equal(rows[lane.Lane].Sum(row => row.Count), lane.Queued);
                });
            }
        }
        finally
        {
            spool.Dispose();
            folder.Dispose();
        }
    }
}
