namespace SmartCity.Cloud.Tolling.Sql;

/// <summary>A value of a statement. It has a type also where it is null, which PostgreSQL has to know.</summary>
internal readonly struct SqlValue
{
    private SqlValue(SqlKind kind, object? content, long number, bool isNull) => (Kind, Content, Number, IsNull) = (kind, content, number, isNull);

    public SqlKind Kind { get; }
    /// <summary>The text, or the bytes; null for a number.</summary>
    public object? Content { get; }
    public long Number { get; }
    public bool IsNull { get; }

    public static implicit operator SqlValue(string? text) => new(SqlKind.Text, text, 0, text is null);
    public static implicit operator SqlValue(byte[]? bytes) => new(SqlKind.Bytes, bytes, 0, bytes is null);
    public static implicit operator SqlValue(long number) => new(SqlKind.Number, null, number, false);
    public static implicit operator SqlValue(long? number) => new(SqlKind.Number, null, number.GetValueOrDefault(), number is null);
    /// <summary>Unsigned numbers are kept by their bits.</summary>
    public static implicit operator SqlValue(ulong number) => unchecked((long)number);
    public static implicit operator SqlValue(DateOnly day) => day.DayNumber;
}

/// <summary>Types that both stores have.</summary>
internal enum SqlKind : byte { Text, Number, Bytes }
