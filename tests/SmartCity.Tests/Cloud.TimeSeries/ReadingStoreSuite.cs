using System.Globalization;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.Calendars;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries;

/// <summary>What every store of readings does alike. A sealed subclass per store says how one is made over the data of the test.</summary>
public abstract partial class ReadingStoreSuite : IAsyncLifetime
{
    private protected const long Second = UnixMicros.PerSecond, Minute = 60 * Second, Hour = 60 * Minute, Day = UnixMicros.PerDay;

    private protected static readonly SeriesKey Pm25 = new("air-1", "pm25"), Noise = new("noise-7", "level");

    /// <summary>2026-11-24T00:00Z.</summary>
    private protected static readonly long Start = At("2026-11-24T00:00Z");

    private protected IReadingStore Store { get; private set; } = null!;
    private protected LogOfReadings Log { get; } = new();
    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A store over this test's data, not opened yet; called again for each restart.</summary>
    protected abstract IReadingStore Create();

    /// <summary>Makes the store forget nothing and close, then opens another over the same data.</summary>
    private protected async Task<long> RestartAsync()
    {
        await Store.DisposeAsync();
        Store = Create();
        return await Store.OpenAsync(Stop);
    }

    /// <summary>Moves what is stored to where the store keeps old readings; nothing for a store that has only one place.</summary>
    protected virtual Task SettleAsync() => Task.CompletedTask;

    /// <summary>Tells a store that asks for the time what it is.</summary>
    protected virtual void SetNow(DateTimeOffset now) { }

    /// <summary>Begins anew, at a time, with a store that holds nothing.</summary>
    private protected async Task BeginAtAsync(DateTimeOffset now)
    {
        await Store.DisposeAsync();
        SetNow(now);
        Forget();
        Store = Create();
        Assert.Equal(0, await Store.OpenAsync(Stop));
    }

    /// <summary>Removes what the closed, empty store has made, where it would say that it is older than the time that is set.</summary>
    protected virtual void Forget() { }

    private protected StoreCapabilities Capabilities => Store.Capabilities;

    /// <summary>A reading as the store gives it back.</summary>
    private protected Reading Kept(Reading reading)
    {
        var step = Capabilities.TimeStep;
        var time = reading.Time - ((reading.Time % step) + step) % step;
        return reading with { Time = time, Received = Capabilities.KeepsReceived ? reading.Received : time };
    }

    /// <summary>Compares what comes back with what was appended, to as many digits as the store keeps.</summary>
    private protected void AssertReadings(IEnumerable<Reading> appended, IReadOnlyList<Reading> found)
    {
        var expected = appended.Select(Kept).ToList();
        Assert.Equal(expected.Select(r => r with { Value = default }), found.Select(r => r with { Value = default }));
        Assert.All(expected.Zip(found), pair =>
        {
            if (pair.First.Value.Kind == ValueKind.Double && Capabilities.Digits < 17) AssertDigits(pair.First.Value.AsNumber(), pair.Second.Value.AsNumber());
            else Assert.Equal(pair.First.Value, pair.Second.Value);
        });
    }

    private void AssertDigits(double? expected, double? actual)
    {
        if (Capabilities.Digits >= 17 || expected is not { } e || actual is not { } a || !double.IsFinite(e))
        {
            Assert.Equal(expected, actual);
            return;
        }
        Assert.True(Math.Abs(e - a) <= Math.Abs(e) * Math.Pow(10, -(Capabilities.Digits - 1)), $"expected {e:R}, actual {a:R}");
    }

    public virtual async ValueTask InitializeAsync()
    {
        Store = Create();
        Assert.Equal(0, await Store.OpenAsync(Stop));
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Store.DisposeAsync();
    }

    private protected Task<AppendResult> AppendAsync(params StoreBatch[] batches) => Store.AppendAsync(batches, Log.End, Stop);

    private protected async Task<List<Reading>> ReadAsync(RangeQuery query)
    {
        var readings = new List<Reading>();
        await foreach (var reading in Store.ReadingsAsync(query, Stop)) readings.Add(reading);
        return readings;
    }

    private protected Task<List<Reading>> AllAsync(params SeriesKey[] series) => ReadAsync(new RangeQuery(series, UnixMicros.Min, UnixMicros.Max));

    private protected async Task<(long Stored, long Superseded)> CountAsync(string gateway = "gateway-1", Lane lane = Lane.Telemetry)
    {
        var count = (await Store.CountsAsync(Stop)).SingleOrDefault(count => count.Gateway == gateway && count.Lane == lane);
        return (count?.Stored ?? 0, count?.Superseded ?? 0);
    }

    private protected static Reading Number(SeriesKey series, long time, double value, ReadingQuality quality = ReadingQuality.Good) =>
        new(series, time, time + 12_345, ReadingValue.Of(value), quality);

    private protected static IEnumerable<Reading> Every(SeriesKey series, long from, long to, long step, Func<long, double> value)
    {
        for (var time = from; time < to; time += step) yield return Number(series, time, value(time));
    }

    private protected static long At(string time) => UnixMicros.From(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    private protected static TimeZoneInfo Zone(string id) => TimeZoneInfo.FindSystemTimeZoneById(id);

    /// <summary>Buckets of readings computed here, by the plainest means.</summary>
    private protected static List<Bucket> BucketsOf(IReadOnlyCollection<Reading> readings, BucketQuery query)
    {
        var edges = BucketEdges.Compute(query.From, query.To, query.Bucket, query.Zone, query.Calendar);
        var buckets = new List<Bucket>();
        var sorted = readings.OrderBy(r => r.Time).ToList();
        for (var (i, at) = (0, 0); i + 1 < edges.Length; i++)
        {
            var (start, end) = (edges[i], edges[i + 1]);
            while (at < sorted.Count && sorted[at].Time < Math.Max(start, query.From)) at++;
            var inside = sorted.Skip(at).TakeWhile(r => r.Time < Math.Min(end, query.To)).ToList();
            at += inside.Count;
            if (inside.Count == 0) continue;
            var numbers = inside.Select(r => r.Value.AsNumber()).OfType<double>().ToList();
            double? coverage = query.ExpectedInterval?.Invoke(inside[0].Series) is { } interval
                ? Math.Min(1, inside.Count * interval.TotalMicroseconds / (Math.Min(end, query.To) - Math.Max(start, query.From))) : null;
            buckets.Add(numbers.Count == 0
                ? new Bucket(start, end, inside.Count, null, null, null, inside[^1].Value, coverage, inside.Count(r => r.Quality != 0) / (double)inside.Count)
                : new Bucket(start, end, inside.Count, numbers.Sum(), numbers.Min(), numbers.Max(), inside[^1].Value, coverage, inside.Count(r => r.Quality != 0) / (double)inside.Count));
        }
        return buckets;
    }

    private protected void AssertSame(IReadOnlyList<Bucket> expected, IReadOnlyList<Bucket> actual)
    {
        Assert.Equal(expected.Select(b => b with { Sum = null, Min = null, Max = null, Last = null, Coverage = null }), actual.Select(b => b with { Sum = null, Min = null, Max = null, Last = null, Coverage = null }));
        for (var i = 0; i < expected.Count; i++)
        {
            AssertClose(expected[i].Sum, actual[i].Sum);
            AssertDigits(expected[i].Min, actual[i].Min);
            AssertDigits(expected[i].Max, actual[i].Max);
            Assert.Equal((expected[i].Last?.Kind, expected[i].Last?.Text), (actual[i].Last?.Kind, actual[i].Last?.Text));
            AssertDigits(expected[i].Last?.AsNumber(), actual[i].Last?.AsNumber());
            AssertClose(expected[i].Coverage, actual[i].Coverage);
        }
    }

    private static void AssertClose(double? expected, double? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is { } e && actual is { } a) Assert.True(Math.Abs(e - a) <= 1e-9 * Math.Max(Math.Abs(e), 1e-6), $"expected {e:R}, actual {a:R}");
    }
}
