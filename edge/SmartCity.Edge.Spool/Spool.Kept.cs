namespace SmartCity.Edge.Spool;

// Records that the owner keeps beside the queue, and that become durable with it.
public sealed partial class Spool
{
    private Statement _keptLength = null!, _keep = null!, _forget = null!, _sumForgotten = null!, _forgetAll = null!;
    private long _keptBytes;
    private long _keptCount;
    private long _keptCommittedBytes;

    /// <summary>
    /// Whether the file is the one of the last opening: false where it is new, damaged, or found to be a copy or an older state of itself. What records
    /// say of others' state, e.g. which of a peer's numbers are taken, is then not to be believed.
    /// </summary>
    public bool IsContinued { get; private set; }

    /// <summary>Bytes that records may still take; negative where a smaller quota than before was set.</summary>
    public long KeptRoom => _options.KeptQuotaBytes - Volatile.Read(ref _keptCommittedBytes);

    /// <summary>Bytes of the records, with <see cref="RowOverheadBytes"/> each.</summary>
    public long KeptBytes => Volatile.Read(ref _keptCommittedBytes);

    /// <summary>Records kept.</summary>
    public long KeptCount => Volatile.Read(ref _keptCount);

    /// <summary>Records passed over by <see cref="Kept"/> because their checksum is not theirs.</summary>
    public long KeptDamaged => Volatile.Read(ref _keptDamaged);
    private long _keptDamaged;

    /// <summary>All records, in the order of their keys, read while they are asked for; damaged ones are passed over.</summary>
    public IEnumerable<KeyValuePair<byte[], byte[]>> Kept()
    {
        // A page at a time: the reading connection is others' too.
        const int page = 1_000;
        var records = new List<KeyValuePair<byte[], byte[]>>(page);
        var damaged = new HashSet<int>();
        byte[]? after = null;
        do
        {
            records.Clear();
            damaged.Clear();
            lock (_read)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                try
                {
                    using var statement = new Statement(_reader, after is null ? "SELECT key, value, crc32c FROM kept ORDER BY key LIMIT ?1" : "SELECT key, value, crc32c FROM kept WHERE key>?2 ORDER BY key LIMIT ?1");
                    statement.With(page);
                    if (after is not null) statement.Bind(2, after);
                    while (statement.Step())
                    {
                        records.Add(new(statement.Blob(0), statement.Blob(1)));
                        if (statement.Long(2) != ChecksumOf(records[^1].Key, records[^1].Value)) damaged.Add(records.Count - 1);
                    }
                }
                catch (Microsoft.Data.Sqlite.SqliteException error)
                {
                    throw Broken(error);
                }
            }
            for (var i = 0; i < records.Count; i++)
                if (!damaged.Contains(i)) yield return records[i];
            Interlocked.Add(ref _keptDamaged, damaged.Count);
            if (records.Count > 0) after = records[^1].Key;
        } while (records.Count == page);
    }

    private static long BytesOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => key.Length + value.Length + RowOverheadBytes;

    private void Write(SpoolTransaction.KeptChange change)
    {
        var key = change.Key.Span;
        if (change.IsPrefix)
        {
            _sumForgotten.Bind(1, key).Bind(2, After(key)).Step();
            var (count, bytes) = (_sumForgotten.Long(0), _sumForgotten.Long(1));
            _sumForgotten.Reset();
            if (count == 0) return;
            _forgetAll.Bind(1, key).Bind(2, After(key)).Run();
            _keptCount -= count;
            _keptBytes -= bytes;
            return;
        }
        long before = 0;
        if (_keptLength.Bind(1, key).Step()) before = key.Length + _keptLength.Long(0) + RowOverheadBytes;
        _keptLength.Reset();
        if (change.Value is { } value)
        {
            _keep.Bind(1, key).Bind(2, value.Span).Bind(3, ChecksumOf(key, value.Span)).Run();
            _keptBytes += BytesOf(key, value.Span) - before;
            if (before == 0) _keptCount++;
        }
        else if (before > 0)
        {
            _forget.Bind(1, key).Run();
            _keptBytes -= before;
            _keptCount--;
        }
    }

    internal static uint ChecksumOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Crc32C.Of(value) ^ System.Numerics.BitOperations.RotateLeft(Crc32C.Of(key), 1);

    // The first key behind all that begin with the prefix.
    private static byte[] After(ReadOnlySpan<byte> prefix)
    {
        var end = prefix.Length;
        while (end > 0 && prefix[end - 1] == 0xFF) end--;
        if (end == 0) throw new InvalidOperationException("A prefix of keys is empty or of bytes 0xFF alone; it must have an end.");
        var after = prefix[..end].ToArray();
        after[^1]++;
        return after;
    }

    private void PrepareKept(Func<string, Statement> prepare)
    {
        _keptLength = prepare("SELECT length(value) FROM kept WHERE key=?");
        _keep = prepare("INSERT INTO kept VALUES(?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value, crc32c=excluded.crc32c");
        _forget = prepare("DELETE FROM kept WHERE key=?");
        _sumForgotten = prepare(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"SELECT count(*), coalesce(sum(length(key)+length(value)+{RowOverheadBytes}), 0) FROM kept WHERE key>=? AND key<?"));
        _forgetAll = prepare("DELETE FROM kept WHERE key>=? AND key<?");
    }
}
