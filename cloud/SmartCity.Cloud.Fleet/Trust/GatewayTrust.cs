using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Fleet.Trust;

/// <summary>
/// Which keys are those of which gateway, which of them hold no longer, and what was issued. Asked in memory at each handshake; a change is durable and
/// seen by the next question when it returns. Thread-safe.
/// </summary>
public sealed partial class GatewayTrust : IDisposable
{
    private readonly FleetDatabase _database;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, string> _revoked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, KeyStanding> _keys = new(StringComparer.Ordinal);

    /// <summary>Opens or creates its file.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <param name="clock">Dates changes.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public GatewayTrust(string file, TimeProvider clock)
    {
        _clock = clock;
        _database = new FleetDatabase(file);
        foreach (var (id, reason) in _database.Rows(null, "SELECT id, reason FROM gateway WHERE revoked IS NOT NULL", row => (row.GetString(0), row.IsDBNull(1) ? "" : row.GetString(1)))) _revoked[id] = reason;
        foreach (var (hash, gateway, reason) in _database.Rows(null, "SELECT hash, gateway, CASE WHEN ended IS NULL THEN NULL ELSE coalesce(reason, '') END FROM gateway_key",
            row => (row.GetFieldValue<byte[]>(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2)))) _keys[Convert.ToHexString(hash)] = new KeyStanding(gateway, reason);
    }

    /// <summary>Raised, with the gateway's id, after keys have ended: what is open under them is to be closed.</summary>
    public event Action<string>? Ended;

    /// <summary>Why a gateway with a key is not let in; null where it is. A certificate of our authority whose key is not known here is let in: it may be of after a backup that was restored.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="keyHash">SHA-256 of its public key.</param>
    public string? Refusal(string gateway, ReadOnlySpan<byte> keyHash)
    {
        if (_revoked.TryGetValue(gateway, out var reason)) return $"gateway {gateway} is revoked: {reason}";
        if (!_keys.TryGetValue(Convert.ToHexString(keyHash), out var key)) return null;
        if (key.Gateway != gateway) return $"its key is that of gateway {key.Gateway}, not of {gateway}";
        return key.Ended is { } ended ? $"its key holds no longer: {ended}" : null;
    }

    /// <summary>The gateway whose key this is and holds; null where there is none.</summary>
    public string? OwnerOf(ReadOnlySpan<byte> keyHash) =>
        _keys.TryGetValue(Convert.ToHexString(keyHash), out var key) && key.Ended is null && !_revoked.ContainsKey(key.Gateway) ? key.Gateway : null;

    /// <summary>All gateways that ever had a key or a secret, or are revoked, by id.</summary>
    public IReadOnlyList<GatewayStanding> All()
    {
        lock (_gate) return Standings(null);
    }

    /// <summary>One of them; null where it is not known.</summary>
    public GatewayStanding? Find(string gateway)
    {
        lock (_gate) return Standings(gateway) is [var one] ? one : null;
    }

    /// <summary>Ends every key of a gateway and shuts it out until it enrols with a new one.</summary>
    /// <param name="gateway">Gateway id; one that has no key here may be revoked too.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="record">Writes it down before it is done; where that fails, nothing is.</param>
    /// <returns>Whether it was not revoked before.</returns>
    public bool Revoke(string gateway, string reason, Action record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_gate)
        {
            if (_revoked.ContainsKey(gateway)) return false;
            record();
            using var transaction = _database.Begin();
            var now = UnixMicros.Now(_clock);
            _database.Run(transaction, "INSERT INTO gateway VALUES($id, $now, $reason) ON CONFLICT(id) DO UPDATE SET revoked = $now, reason = $reason", ("$id", gateway), ("$now", now), ("$reason", reason));
            EndKeys(transaction, gateway, null, now, "revoked: " + reason);
            _database.Run(transaction, "UPDATE secret SET withdrawn = $now WHERE gateway = $id AND used IS NULL AND withdrawn IS NULL AND kind = 'code'", ("$id", gateway), ("$now", now));
            transaction.Commit();
            _revoked[gateway] = reason;
            EndKeysInMemory(gateway, null, "revoked: " + reason);
        }
        Ended?.Invoke(gateway);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _database.Dispose();
    }

    private void EndKeys(SqliteTransaction transaction, string gateway, byte[]? but, long now, string reason) =>
        _database.Run(transaction, "UPDATE gateway_key SET ended = $now, reason = $reason WHERE gateway = $gateway AND ended IS NULL AND hash IS NOT $but", ("$gateway", gateway), ("$but", but), ("$now", now), ("$reason", reason));

    private bool EndKeysInMemory(string gateway, string? but, string reason)
    {
        var some = false;
        foreach (var (hash, key) in _keys.Where(pair => pair.Value.Gateway == gateway && pair.Value.Ended is null && pair.Key != but))
        {
            _keys[hash] = key with { Ended = reason };
            some = true;
        }
        return some;
    }

    private List<GatewayStanding> Standings(string? gateway)
    {
        var now = UnixMicros.Now(_clock);
        return _database.Rows(null, """
            SELECT g.id, r.revoked, r.reason,
                (SELECT max(since) FROM gateway_key WHERE gateway = g.id AND ended IS NULL),
                (SELECT max(ends) FROM certificate c JOIN gateway_key k ON k.hash = c.key WHERE c.gateway = g.id AND k.ended IS NULL),
                (SELECT max(issued) FROM certificate WHERE gateway = g.id),
                (SELECT serial FROM certificate WHERE gateway = g.id ORDER BY issued DESC, serial LIMIT 1),
                (SELECT max(expires) FROM secret WHERE gateway = g.id AND kind = 'code' AND used IS NULL AND withdrawn IS NULL AND expires > $now),
                s.made, s.vouched, s.voucher, s.used
            FROM (SELECT id FROM gateway UNION SELECT gateway FROM gateway_key UNION SELECT gateway FROM secret) g
            LEFT JOIN gateway r ON r.id = g.id
            LEFT JOIN secret s ON s.hash = (SELECT hash FROM secret WHERE gateway = g.id AND kind = 'claim' AND withdrawn IS NULL ORDER BY made DESC LIMIT 1)
            WHERE $id IS NULL OR g.id = $id ORDER BY g.id
            """,
            row => new GatewayStanding(row.GetString(0), Number(row, 1), Text(row, 2), Number(row, 3), Number(row, 4), Number(row, 5), Text(row, 6), Number(row, 7),
                Number(row, 8) is { } made ? new ClaimStanding(made, Number(row, 9), Text(row, 10), Number(row, 11)) : null),
            ("$id", gateway), ("$now", now));
    }

    private static long? Number(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private sealed record KeyStanding(string Gateway, string? Ended);
}
