using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>Prepared statements of one connection, each made once; parameters are <c>$1</c>, <c>$2</c>, … in order.</summary>
internal sealed class Statements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public SqliteTransaction? Transaction { get; set; }

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public int Run(string sql, params ReadOnlySpan<object?> values) => Prepare(sql, values).ExecuteNonQuery();

    /// <summary>The first column of the first row; null where there is none.</summary>
    public object? Ask(string sql, params ReadOnlySpan<object?> values) => Prepare(sql, values).ExecuteScalar() is { } value and not DBNull ? value : null;

    /// <summary>All rows.</summary>
    public List<T> Read<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        using var reader = Prepare(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>Looks at each row; none is kept.</summary>
    public void ForEach(string sql, Action<SqliteDataReader> look, params ReadOnlySpan<object?> values)
    {
        using var reader = Prepare(sql, values).ExecuteReader();
        while (reader.Read()) look(reader);
    }

    /// <summary>The first rows that are wanted; the rest is not read.</summary>
    public List<T> ReadSome<T>(string sql, Func<SqliteDataReader, T> row, Func<T, bool> isWanted, int max)
    {
        using var reader = Prepare(sql, []).ExecuteReader();
        var rows = new List<T>();
        while (rows.Count < max && reader.Read())
            if (row(reader) is var found && isWanted(found)) rows.Add(found);
        return rows;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values) command.Dispose();
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 1; i <= values.Length; i++) command.Parameters.Add(new SqliteParameter { ParameterName = FormattableString.Invariant($"${i}") });
            _commands[sql] = command;
        }
        command.Transaction = Transaction;
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }
}
