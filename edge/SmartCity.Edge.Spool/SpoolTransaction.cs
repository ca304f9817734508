namespace SmartCity.Edge.Spool;

/// <summary>
/// What is to become durable together. Filled by one thread, given to <see cref="Spool.Commit"/>, cleared and used again.
/// Memory handed over must stay unchanged until the commit has returned.
/// </summary>
public sealed class SpoolTransaction
{
    internal List<NewRow> Rows { get; } = [];
    internal List<NewName> Names { get; } = [];
    internal List<DeadLetter> DeadLetters { get; } = [];
    internal List<Settlement> Settlements { get; } = [];
    internal List<NewMark> Marks { get; } = [];
    internal List<NewRelease> Releases { get; } = [];
    internal List<NewCount> Superseded { get; } = [];
    internal List<KeptChange> Kept { get; } = [];

    /// <summary>Nothing to do.</summary>
    public bool IsEmpty => Rows.Count == 0 && Names.Count == 0 && DeadLetters.Count == 0 && Settlements.Count == 0 && Marks.Count == 0 && Releases.Count == 0 && Superseded.Count == 0 && Kept.Count == 0;

    /// <summary>Something that takes room, so that the transaction may be refused.</summary>
    public bool TakesRoom => Rows.Count > 0 || Names.Count > 0 || DeadLetters.Count > 0 || Settlements.Count > 0 || Marks.Count > 0 || Superseded.Count > 0 || Kept.Exists(static change => change.Value is not null);

    /// <summary>Appends a row of the current epoch; its numbers follow those of the lane's row before.</summary>
    /// <param name="lane">Lane.</param>
    /// <param name="count">Values in it, from 1.</param>
    /// <param name="namesThrough">Names that it may use: ids below this.</param>
    /// <param name="columns">Its bytes.</param>
    public void Append(byte lane, int count, int namesThrough, ReadOnlyMemory<byte> columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Rows.Add(new NewRow(lane, count, namesThrough, columns));
    }

    /// <summary>Keeps a name of the current epoch; ids of a lane go up by one from 0.</summary>
    public void Name(byte lane, int id, ReadOnlyMemory<byte> blob) => Names.Add(new NewName(lane, id, blob));

    /// <summary>Sets a payload aside.</summary>
    public void SetAside(DeadLetter letter) => DeadLetters.Add(letter);

    /// <summary>
    /// A dead letter's payload was taken up again: what could be read now stands in rows of this transaction, and the letter stands for
    /// <paramref name="values"/> that still cannot; with 0 it is gone. The values that left it are no longer counted as accepted and dead-lettered:
    /// the rows count them anew.
    /// </summary>
    /// <param name="id">The letter.</param>
    /// <param name="values">Values that still cannot be read, from 0.</param>
    /// <param name="reason">Why not.</param>
    public void Settle(long id, int values, string reason)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(values);
        Settlements.Add(new Settlement(id, values, reason));
    }

    /// <summary>Remembers <paramref name="value"/> under <paramref name="key"/>, in place of what stood there.</summary>
    public void Mark(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) => Marks.Add(new NewMark(key, value));

    /// <summary>Counts known repeats: accepted and superseded, not kept.</summary>
    public void CountSuperseded(byte lane, long values) => Superseded.Add(new NewCount(lane, values));

    /// <summary>
    /// Keeps a record, in place of what stands under its key. The records' quota is the owner's to hold (<see cref="Spool.KeptRoom"/>): a transaction is not refused for it.
    /// </summary>
    public void Keep(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) => Kept.Add(new KeptChange(key, value, false));

    /// <summary>Removes a record, if it is there.</summary>
    public void Forget(ReadOnlyMemory<byte> key) => Kept.Add(new KeptChange(key, null, false));

    /// <summary>Removes every record whose key begins so; at least one byte of <paramref name="prefix"/> is not 0xFF.</summary>
    public void ForgetAll(ReadOnlyMemory<byte> prefix) => Kept.Add(new KeptChange(prefix, null, true));

    /// <summary>Frees the rows whose numbers are all at or under <paramref name="through"/>: the cloud holds them durably.</summary>
    public void Release(ulong epoch, byte lane, long through) => Releases.Add(new NewRelease(epoch, lane, through));

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        Rows.Clear();
        Names.Clear();
        DeadLetters.Clear();
        Settlements.Clear();
        Marks.Clear();
        Releases.Clear();
        Superseded.Clear();
        Kept.Clear();
    }

    /// <summary>Drops all but the releases, which need no room.</summary>
    public void KeepReleases()
    {
        Rows.Clear();
        Names.Clear();
        DeadLetters.Clear();
        Settlements.Clear();
        Marks.Clear();
        Superseded.Clear();
        Kept.Clear();
    }

    internal readonly record struct NewRow(byte Lane, int Count, int NamesThrough, ReadOnlyMemory<byte> Columns);
    internal readonly record struct NewName(byte Lane, int Id, ReadOnlyMemory<byte> Blob);
    internal readonly record struct Settlement(long Id, int Values, string Reason);
    internal readonly record struct NewMark(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);
    internal readonly record struct NewRelease(ulong Epoch, byte Lane, long Through);
    internal readonly record struct NewCount(byte Lane, long Values);
    internal readonly record struct KeptChange(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value, bool IsPrefix);
}
