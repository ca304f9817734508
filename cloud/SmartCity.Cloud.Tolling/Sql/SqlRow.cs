namespace SmartCity.Cloud.Tolling.Sql;

/// <summary>A row that is being read; it is another one once the next is read.</summary>
internal abstract class SqlRow
{
    public abstract bool IsNull(int column);
    public abstract string Text(int column);
    public abstract long Number(int column);
    public abstract byte[] Bytes(int column);
    /// <summary>The bytes where they lie, until the next row.</summary>
    public virtual ReadOnlySpan<byte> Span(int column) => Bytes(column);

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);
    public long? NumberOrNull(int column) => IsNull(column) ? null : Number(column);
    public ulong Unsigned(int column) => unchecked((ulong)Number(column));
    public int Int(int column) => (int)Number(column);
    public DateOnly Day(int column) => DateOnly.FromDayNumber((int)Number(column));
}
