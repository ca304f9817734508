using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Edge.Spool;
using SmartCity.Protos.Uplink.V1;
using SmartCity.Tests.Edge.Spool;
using static SmartCity.Tests.Edge.Spool.SpoolFolder;
using Uplinking = SmartCity.Edge.Gateway.Uplink.UplinkService;

namespace SmartCity.Tests.Edge.Gateway.Uplink;

public sealed class UplinkServiceTests : IAsyncLifetime
{
    private readonly SpoolFolder _folder = new();
    private readonly Host _host = new();
    private readonly UplinkState _state = new(TimeProvider.System);
    private SmartCity.Edge.Spool.Spool _spool = null!;
    private FakeCloud _cloud = null!;
    private Uplinking? _uplink;

    public async ValueTask InitializeAsync()
    {
        _spool = _folder.Open();
        _host.Spool = _spool;
        _cloud = await FakeCloud.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_uplink is not null) await _uplink.StopAsync(CancellationToken.None);
        _uplink?.Dispose();
        await _cloud.DisposeAsync();
        _spool.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_spooled_arrives_once_in_order_and_is_freed()
    {
        for (byte i = 0; i < 50; i++) Keep(Telemetry, 10, i);
        await StartAsync();
        for (byte i = 50; i < 100; i++) Keep(Telemetry, 10, i);
        await Eventually.HoldsAsync("all is stored", () => Stored(Telemetry) == 1000);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (byte)i), _cloud.Kept.Select(batch => Columns(batch)[0]));
        Assert.Equal(0, _spool.Audit().Sum(lane => lane.Queued));
    }

    [Fact]
    public async Task The_urgent_lane_and_the_older_epoch_go_first()
    {
        Keep(Telemetry, 1, 1);
        var old = _spool.Epoch;
        _spool.BeginEpochAfterRollback();
        Keep(Telemetry, 1, 2);
        Keep(Toll, 1, 3);
        await StartAsync();
        await Eventually.HoldsAsync("all is stored", () => _cloud.Kept.Count == 3);
        Assert.Equal(3, Columns(_cloud.Kept[0])[0]);
        Assert.Equal([1, 2], _cloud.Kept.Skip(1).Select(batch => (int)Columns(batch)[0]));
        Assert.NotEqual(old, _spool.Epoch);
    }

    [Fact]
    public async Task Nothing_is_sent_beyond_the_credit()
    {
        _cloud.InitialCredit = 250;
        for (byte i = 0; i < 5; i++) Keep(Telemetry, 1, Noise(100, i));
        await StartAsync();
        await Eventually.HoldsAsync("two batches came", () => _cloud.Kept.Count == 2);
        _cloud.Say(new UplinkResponse { Credit = new Credit { Bytes = 300 } });
        await Eventually.HoldsAsync("the rest came", () => _cloud.Kept.Count == 5);
        Assert.InRange(_cloud.Kept.Sum(batch => batch.Columns.Length), 500, 550);
    }

    [Fact]
    public async Task After_a_lost_link_sending_goes_on_at_the_watermark()
    {
        _cloud.Acknowledges = false;
        for (byte i = 0; i < 20; i++) Keep(Telemetry, 10, i);
        await StartAsync();
        await Eventually.HoldsAsync("it arrived", () => _cloud.Through(_spool.Epoch, Telemetry) == 200);
        Assert.Equal(0, Stored(Telemetry));
        _cloud.Acknowledges = true;
        _cloud.Drop();
        for (byte i = 20; i < 40; i++) Keep(Telemetry, 10, i);
        await Eventually.HoldsAsync("all is stored", () => Stored(Telemetry) == 400);
        Assert.Equal(40, _cloud.Kept.Count);
        Assert.Equal(2, _cloud.Hellos.Count);
        Assert.Equal(_cloud.Hellos[0].Incarnation, _cloud.Hellos[1].Incarnation);
    }

    [Fact]
    public async Task A_cloud_that_lost_its_latest_state_gets_a_gap_for_what_was_released()
    {
        for (byte i = 0; i < 10; i++) Keep(Telemetry, 10, i);
        await StartAsync();
        await Eventually.HoldsAsync("all is stored", () => Stored(Telemetry) == 100);
        _cloud.Marks[(_spool.Epoch, Lane.Telemetry)] = (40, 0);
        _cloud.Drop();
        Keep(Telemetry, 10, 10);
        await Eventually.HoldsAsync("the rest came", () => Stored(Telemetry) == 110);
        var gap = Assert.Single(_cloud.Gaps);
        Assert.Equal((41ul, 100ul, GapReason.Released), (gap.First, gap.Last, gap.Reason));
    }

    [Fact]
    public async Task Names_go_once_and_again_only_where_the_cloud_does_not_know_them()
    {
        var transaction = new SpoolTransaction();
        for (var i = 0; i < 10; i++) transaction.Name(Telemetry, i, new SeriesName { Device = $"d{i}", Metric = "m" }.ToByteArray());
        transaction.Append(Telemetry, 1, 5, new byte[] { 1 });
        transaction.Append(Telemetry, 1, 10, new byte[] { 2 });
        _spool.Commit(transaction);
        await StartAsync();
        await Eventually.HoldsAsync("both came", () => Stored(Telemetry) == 2);
        Assert.Equal([(0u, 5), (5u, 5)], _cloud.Kept.Select(batch => (batch.FirstName, batch.NewNames.Count)));

        _cloud.Drop();
        transaction.Clear();
        transaction.Append(Telemetry, 1, 10, new byte[] { 3 });
        _spool.Commit(transaction);
        await Eventually.HoldsAsync("the third came", () => Stored(Telemetry) == 3);
        Assert.Empty(_cloud.Kept[2].NewNames);
    }

    [Fact]
    public async Task Very_many_names_go_ahead_in_messages_under_a_mebibyte()
    {
        var transaction = new SpoolTransaction();
        for (var i = 0; i < 20_000; i++) transaction.Name(Telemetry, i, new SeriesName { Device = $"{i:d6}-{new string('d', 90)}", Metric = "m" }.ToByteArray());
        transaction.Append(Telemetry, 1, 20_000, new byte[] { 1 });
        _spool.Commit(transaction);
        await StartAsync();
        await Eventually.HoldsAsync("it came", () => Stored(Telemetry) == 1);
        Assert.Equal(20_000u, _cloud.Marks[(_spool.Epoch, Lane.Telemetry)].Names);
        Assert.True(_cloud.Received > 5);
    }

    [Fact]
    public async Task A_spool_older_than_the_cloud_moves_its_new_rows_to_a_new_epoch()
    {
        // The cloud holds 500 of this epoch; the spool, back from an older copy, has given out only 20, of which it never heard an answer.
        var old = _spool.Epoch;
        _cloud.Marks[(old, Lane.Telemetry)] = (500, 0);
        Keep(Telemetry, 10, 1);
        Keep(Telemetry, 10, 2);
        await StartAsync();
        await Eventually.HoldsAsync("all is stored", () => Stored(Telemetry) == 20);
        Assert.NotEqual(old, _spool.Epoch);
        Assert.All(_cloud.Kept, batch => Assert.Equal(_spool.Epoch, batch.Epoch));
    }

    [Fact]
    public async Task Damage_on_the_disk_reaches_the_cloud_as_a_gap_of_its_reason()
    {
        for (byte i = 0; i < 3; i++) Keep(Telemetry, 10, i);
        _folder.Execute("UPDATE row SET columns=x'ffff' WHERE first=11");
        await StartAsync();
        await Eventually.HoldsAsync("the rest came", () => _cloud.Through(_spool.Epoch, Telemetry) == 30);
        var gap = Assert.Single(_cloud.Gaps);
        Assert.Equal((11ul, 20ul, GapReason.Corrupt), (gap.First, gap.Last, gap.Reason));
    }

    private async Task StartAsync()
    {
        var options = new UplinkOptions { BackOffMin = TimeSpan.FromMilliseconds(10), BackOffMax = TimeSpan.FromMilliseconds(50) };
        _uplink = new Uplinking(options, _spool, _host, _state, _cloud.Connect, TimeProvider.System, NullLogger<Uplinking>.Instance);
        await _uplink.StartAsync(CancellationToken.None);
    }

    private void Keep(byte lane, int count, params byte[] columns)
    {
        lock (_host) _spool.Commit(Row(lane, count, columns));
    }

    private long Stored(byte lane) => _spool.Audit().Single(audit => audit.Lane == lane).Stored;

    private static byte[] Columns(Batch batch)
    {
        if (batch.Compression != Compression.Zstd) return batch.Columns.ToByteArray();
        using var zstd = new ZstdSharp.Decompressor();
        return zstd.Unwrap(batch.Columns.Span).ToArray();
    }

    private static byte[] Noise(int bytes, int seed)
    {
        var noise = new byte[bytes];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    private sealed class Host : IUplinkHost
    {
        public SmartCity.Edge.Spool.Spool Spool { get; set; } = null!;

        public void Release(ulong epoch, byte lane, long through)
        {
            var transaction = new SpoolTransaction();
            transaction.Release(epoch, lane, through);
            lock (this) Spool.Commit(transaction);
        }

        public void ObserveServerTime(long micros) { }
        public Protos.Uplink.V1.Status Status() => new();
        public void Execute(Command command) { }
    }
}
