using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Fleet.Registry;

/// <summary>The registry in SQLite, a row an entry, and whole in memory. A change is checked against everything else, then committed, then seen.</summary>
public sealed class SqliteDeviceRegistry : IDeviceRegistry, IDisposable
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS entry(kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS history(at INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS state(id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
        """;

    private readonly SqliteConnection _connection;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private volatile Snapshot _now;

    /// <summary>Opens or creates it; a new one has the models of the house.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <param name="clock">Dates the history.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    /// <exception cref="InvalidDataException">An entry cannot be read.</exception>
    public SqliteDeviceRegistry(string file, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(file);
        _clock = clock;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        Execute(null, Tables);
        _now = Read();
        if (_now.Revision == 0) Apply([.. CommonModels().Select(model => new RegistryChange(model))]);
    }

    /// <inheritdoc/>
    public long Revision => _now.Revision;
    /// <inheritdoc/>
    public IReadOnlyList<Versioned<DeviceModel>> Models => _now.Models;
    /// <inheritdoc/>
    public IReadOnlyList<Versioned<Site>> Sites => _now.Sites;
    /// <inheritdoc/>
    public IReadOnlyList<Versioned<RegisteredDevice>> Devices => _now.Devices;

    /// <inheritdoc/>
    public IReadOnlyList<Versioned<RegisteredGateway>> Gateways => _now.Gateways;

    /// <inheritdoc/>
    public Versioned<RegisteredDevice>? Device(string id) => _now.ById.GetValueOrDefault(id);

    /// <inheritdoc/>
    public MetricModel? MetricOf(SeriesKey series)
    {
        var now = _now;
        return now.ById.TryGetValue(series.Device, out var device) && device.Value.Model is { } model && now.MetricsOf.TryGetValue(model, out var metrics) ? metrics.GetValueOrDefault(series.Metric) : null;
    }

    /// <inheritdoc/>
    public RegistryResult Apply(IReadOnlyList<RegistryChange> changes, bool isDryRun = false)
    {
        ArgumentNullException.ThrowIfNull(changes);
        lock (_gate)
        {
            var before = _now;
            var (models, sites, devices, gateways) = (ById(before.Models, model => model.Id), ById(before.Sites, site => site.Id), ById(before.Devices, device => device.Id), ById(before.Gateways, gateway => gateway.Id));
            var faults = new List<string>();
            var conflicts = 0;
            int added = 0, changed = 0, unchanged = 0;
            var written = new List<(string Kind, string Id, long Version, string Json)>();
            foreach (var change in changes)
            {
                var own = RegistryRules.Faults(change).ToList();
                faults.AddRange(own.Select(fault => Placed(change, fault)));
                if (own.Count > 0) continue;
                if (change.Model is { } model) Put("model", models, model.Id, model, change);
                else if (change.Site is { } site) Put("site", sites, site.Id, site, change);
                else if (change.Gateway is { } gateway) Put("gateway", gateways, gateway.Id, gateway, change);
                else Put("device", devices, change.Device!.Id, change.Device, change);
            }
            // References are looked at when all stands as it would: a file may name a model before it brings it.
            foreach (var change in changes)
            {
                if (change.Gateway is { Site: { } place } at && !sites.ContainsKey(place)) faults.Add(Placed(change, $"gateway {at.Id}: there is no site {place}.{Nearest(place, sites.Keys)}"));
                if (change.Device is not { } device) continue;
                if (device.Model is { } model && !models.ContainsKey(model)) faults.Add(Placed(change, $"device {device.Id}: there is no model {model}.{Nearest(model, models.Keys)}"));
                if (device.Site is { } site && !sites.ContainsKey(site)) faults.Add(Placed(change, $"device {device.Id}: there is no site {site}.{Nearest(site, sites.Keys)}"));
            }
            if (faults.Count > 0) throw new RegistryException(string.Join('\n', faults.Take(100)) + (faults.Count > 100 ? $"\nand {faults.Count - 100} more." : "")) { IsConflict = conflicts == faults.Count };
            var result = new RegistryResult(added, changed, unchanged);
            if (isDryRun || written.Count == 0) return result;
            Write(written, before.Revision + 1);
            _now = new Snapshot(before.Revision + 1, [.. models.Values], [.. sites.Values], [.. devices.Values], [.. gateways.Values]);
            return result;

            void Put<T>(string kind, SortedDictionary<string, Versioned<T>> all, string id, T value, RegistryChange change)
            {
                var had = all.GetValueOrDefault(id);
                if (change.ExpectedVersion is { } expected && expected != (had?.Version ?? 0))
                {
                    conflicts++;
                    faults.Add(Placed(change, had is null ? $"{kind} {id} is not there any more." : expected == 0 ? $"{kind} {id} is there already." : $"{kind} {id} has been changed meanwhile (version {had.Version}, not {expected}). Look at it again."));
                    return;
                }
                var json = JsonSerializer.Serialize(value, RegistryJson.Options);
                if (had is not null && JsonSerializer.Serialize(had.Value, RegistryJson.Options) == json)
                {
                    unchanged++;
                    return;
                }
                if (had is null) added++;
                else changed++;
                var version = (had?.Version ?? 0) + 1;
                all[id] = new Versioned<T>(value, version);
                written.Add((kind, id, version, json));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    /// <summary>The models that the house brings: the kinds of the simulated city, with the units and bounds of real sensors.</summary>
    public static IReadOnlyList<DeviceModel> CommonModels()
    {
        using var stream = typeof(SqliteDeviceRegistry).Assembly.GetManifestResourceStream("models.json")!;
        return JsonSerializer.Deserialize<List<DeviceModel>>(stream, RegistryJson.Options)!;
    }

    private static string Placed(RegistryChange change, string fault) => change.Place is { } place ? $"{place}: {fault}" : fault;

    private static string Nearest(string name, IEnumerable<string> known)
    {
        var all = known.Take(20).ToList();
        return all.Count == 0 ? " There are none yet." : $" Known: {string.Join(", ", all)}.";
    }

    private static SortedDictionary<string, Versioned<T>> ById<T>(IReadOnlyList<Versioned<T>> entries, Func<T, string> id)
    {
        var byId = new SortedDictionary<string, Versioned<T>>(StringComparer.Ordinal);
        foreach (var entry in entries) byId.Add(id(entry.Value), entry);
        return byId;
    }

    private void Write(List<(string Kind, string Id, long Version, string Json)> entries, long revision)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var (kind, id, version, json) in entries)
        {
            Execute(transaction, "INSERT INTO entry VALUES($kind, $id, $version, $json) ON CONFLICT(kind, id) DO UPDATE SET version=$version, json=$json", ("$kind", kind), ("$id", id), ("$version", version), ("$json", json));
            Execute(transaction, "INSERT INTO history VALUES($at, $kind, $id, $version, $json)", ("$at", UnixMicros.Now(_clock)), ("$kind", kind), ("$id", id), ("$version", version), ("$json", json));
        }
        Execute(transaction, "INSERT INTO state VALUES(1, $revision) ON CONFLICT(id) DO UPDATE SET revision=$revision", ("$revision", revision));
        transaction.Commit();
    }

    private Snapshot Read()
    {
        var (models, sites, devices, gateways) = (new List<Versioned<DeviceModel>>(), new List<Versioned<Site>>(), new List<Versioned<RegisteredDevice>>(), new List<Versioned<RegisteredGateway>>());
        using (var command = Command(null, "SELECT kind, id, version, json FROM entry ORDER BY kind, id"))
        using (var reader = command.ExecuteReader())
            while (reader.Read())
            {
                var (kind, id, version, json) = (reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3));
                try
                {
                    if (kind == "model") models.Add(Entry<DeviceModel>(json, version));
                    else if (kind == "site") sites.Add(Entry<Site>(json, version));
                    else if (kind == "gateway") gateways.Add(Entry<RegisteredGateway>(json, version));
                    else devices.Add(Entry<RegisteredDevice>(json, version));
                }
                catch (JsonException error)
                {
                    throw new InvalidDataException($"The registry's {kind} {id} cannot be read: {error.Message} Was it written by a newer program?", error);
                }
            }
        using var revision = Command(null, "SELECT revision FROM state");
        return new Snapshot(revision.ExecuteScalar() is long number ? number : 0, models, sites, devices, gateways);

        static Versioned<T> Entry<T>(string json, long version) => new(JsonSerializer.Deserialize<T>(json, RegistryJson.Options)!, version);
    }

    private void Execute(SqliteTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = Command(transaction, sql, parameters);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(SqliteTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this class come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }

    private sealed class Snapshot
    {
        public Snapshot(long revision, IReadOnlyList<Versioned<DeviceModel>> models, IReadOnlyList<Versioned<Site>> sites, IReadOnlyList<Versioned<RegisteredDevice>> devices, IReadOnlyList<Versioned<RegisteredGateway>> gateways)
        {
            (Revision, Models, Sites, Devices, Gateways) = (revision, models, sites, devices, gateways);
            ById = devices.ToFrozenDictionary(device => device.Value.Id, StringComparer.Ordinal);
            MetricsOf = models.ToFrozenDictionary(model => model.Value.Id, model => model.Value.Metrics.ToFrozenDictionary(metric => metric.Name, StringComparer.Ordinal), StringComparer.Ordinal);
        }

        public long Revision { get; }
        public IReadOnlyList<Versioned<DeviceModel>> Models { get; }
        public IReadOnlyList<Versioned<Site>> Sites { get; }
        public IReadOnlyList<Versioned<RegisteredDevice>> Devices { get; }
        public IReadOnlyList<Versioned<RegisteredGateway>> Gateways { get; }
        public FrozenDictionary<string, Versioned<RegisteredDevice>> ById { get; }
        public FrozenDictionary<string, FrozenDictionary<string, MetricModel>> MetricsOf { get; }
    }
}
