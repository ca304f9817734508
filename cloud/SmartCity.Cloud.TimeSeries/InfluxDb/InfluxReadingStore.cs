using System.Text;
using Microsoft.Extensions.Logging;
using SmartCity.Cloud.TimeSeries.Engines;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>
/// Readings in InfluxDB. Guarantee: at least once into InfluxDB, where a point is its series and time and the last write wins, and exactly once in the
/// counts, which stand with the offset in an index of our own (see <c>cloud/adr/0004</c>).
/// </summary>
/// <remarks>
/// <code>
/// AppendAsync ─► lines (of repeats only the latest) ─► gzip ─► POST /write ─(400: tried apart)─► index: seen, counts, refused, offset ─► newest
/// </code>
/// One writer under a gate; queries go to InfluxDB at once.
/// </remarks>
public sealed partial class InfluxReadingStore : EngineReadingStore
{
    private readonly InfluxOptions _options;
    private readonly ILogger _logger;
    private readonly InfluxClient _client;
    private readonly LineBuffer _lines = new();
    private bool _isOurs;
    private volatile bool _newestLoaded;

    /// <summary>Creates the store; nothing is opened yet.</summary>
    public InfluxReadingStore(InfluxOptions options, TimeProvider clock, ILogger<InfluxReadingStore> logger) : base((options ?? throw new ArgumentNullException(nameof(options))).Folder, keepsBeside: false, clock)
    {
        (_options, _logger) = (options, logger);
        _client = new InfluxClient(options, clock);
    }

    /// <inheritdoc/>
    public override string Name => "influx";

    /// <inheritdoc/>
    public override StoreCapabilities Capabilities => StoreCapabilities.Influx;

    private protected override bool IsClean => !_mayBeLate;

    private protected override void Opened()
    {
        if (!Index.WasClean) ExpectLateWrites(through: 0);
    }

    private protected override void DisposeEngine()
    {
        _client.Dispose();
        _lines.Dispose();
    }

    /// <summary>Finds the engine, its database, whose it is, and the newest readings. Call in the gate.</summary>
    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (await _client.ConnectAsync(cancellationToken).ConfigureAwait(false)) _isOurs = false;
        if (!_isOurs)
        {
            await OwnAsync(cancellationToken).ConfigureAwait(false);
            _isOurs = true;
            _logger.Connected(_client.Version!, _options.Address, _options.Database);
        }
        if (_newestLoaded) return;
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        _newestLoaded = true;
    }

    /// <summary>A database holds the readings of one log: offsets of two would decide wrongly which reading is the later one.</summary>
    private async Task OwnAsync(CancellationToken cancellationToken)
    {
        string? owner = null;
        await foreach (var chunk in _client.QueryAsync($"SELECT last(\"id\") FROM \"{InfluxNames.OwnerMeasurement}\"", cancellationToken).ConfigureAwait(false)) owner = chunk.Rows[0][1].GetString();
        if (owner == Index.Id) return;
        if (owner is not null)
        {
            throw new StoreUnavailableException($"Database {_options.Database} at {_options.Address} holds the readings of another server's log. Name another one in Cloud:Influx:Database, " +
                $"or, if that server is gone for good and this one shall write on in it, run there: DROP MEASUREMENT \"{InfluxNames.OwnerMeasurement}\"");
        }
        var refusal = await _client.WriteAsync(Encoding.UTF8.GetBytes($"{InfluxNames.OwnerMeasurement} id=\"{Index.Id}\" 0\n"), cancellationToken).ConfigureAwait(false);
        if (refusal is not null) throw new StoreUnavailableException($"Database {_options.Database} at {_options.Address} cannot be written: {refusal.Words}");
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in Enum.GetValues<ValueKind>())
        {
            var query = $"SELECT last(\"{InfluxNames.FieldOf(kind)}\"), \"quality\" FROM /.*/ GROUP BY \"device\"";
            await foreach (var chunk in _client.QueryAsync(query, cancellationToken).ConfigureAwait(false))
            {
                if (!chunk.Tags.TryGetProperty("device", out var device)) continue;
                if (Find(new SeriesKey(InfluxNames.Decode(device.GetString()!), InfluxNames.Decode(chunk.Name))) is not { } series || series.Entry.Kind != kind) continue;
                foreach (var row in chunk.Rows.EnumerateArray())
                {
                    var time = row[0].GetInt64();
                    if (series.Last is null || series.Last.Time <= time) series.Last = new EngineSeries.Newest(time, InfluxRow.ValueIn(row[1], kind), InfluxRow.QualityIn(row[2]));
                }
            }
        }
    }
}
