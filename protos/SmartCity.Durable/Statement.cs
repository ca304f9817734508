using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SmartCity.Durable;

/// <summary>
/// A prepared statement bound and read without boxing: the committing path runs a handful of them each time.
/// Parameters and columns count as SQLite counts them, parameters from 1 and columns from 0. Not thread-safe.
/// </summary>
/// <exception cref="SqliteException">From every member, with SQLite's own code.</exception>
public sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    /// <summary>Prepares it.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="sql">One statement.</param>
    public Statement(SqliteConnection connection, string sql)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    /// <summary>Binds integers to the parameters from 1 on.</summary>
    public Statement With(params ReadOnlySpan<long> values)
    {
        for (var i = 0; i < values.Length; i++) Check(raw.sqlite3_bind_int64(_statement, i + 1, values[i]));
        return this;
    }

    /// <summary>Binds an integer.</summary>
    public Statement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, parameter, value));
        return this;
    }

    /// <summary>Binds bytes.</summary>
    public Statement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, parameter, 0) : raw.sqlite3_bind_blob(_statement, parameter, value));
        return this;
    }

    /// <summary>Binds a text.</summary>
    public Statement Bind(int parameter, string value)
    {
        Check(raw.sqlite3_bind_text(_statement, parameter, value));
        return this;
    }

    /// <summary>Runs it to its end.</summary>
    public void Run()
    {
        try
        {
            while (Step()) { }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Goes to the next row; false at the end. Follow with <see cref="Reset"/>.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW) return true;
        if (code != raw.SQLITE_DONE) Check(code);
        return false;
    }

    /// <summary>Ends the reading; the statement can be bound and run again. The error of the last step, if any, was reported by it.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement);

    /// <summary>A number that may be missing.</summary>
    public long? Maybe(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL ? null : Long(column);
    /// <summary>A number.</summary>
    public long Long(int column) => raw.sqlite3_column_int64(_statement, column);
    /// <summary>Bytes.</summary>
    public byte[] Blob(int column) => Span(column).ToArray();
    /// <summary>The bytes of a column, valid until the next step.</summary>
    public ReadOnlySpan<byte> Span(int column) => raw.sqlite3_column_blob(_statement, column);
    /// <summary>A text.</summary>
    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _database);
}
