using System.Data;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Tolling.Postgres;

/// <summary>A session on the first schema of a PostgreSQL database's search path. Changes of all servers stand in one line.</summary>
internal sealed class PostgresSession : SqlSession
{
    /// <summary>Statements that go out together; more would only wait in the buffers.</summary>
    private const int Together = 500;

    private readonly NpgsqlConnection _connection;
    private NpgsqlTransaction? _transaction;

    /// <summary>Connects.</summary>
    /// <exception cref="NpgsqlException">It cannot.</exception>
    public PostgresSession(string connectionString)
    {
        var connecting = new NpgsqlConnectionStringBuilder(connectionString);
        // The same few dozen statements run each time; planning them anew would cost more than running them.
        if (connecting.MaxAutoPrepare == 0) connecting.MaxAutoPrepare = 100;
        _connection = new NpgsqlConnection(connecting.ConnectionString);
        try
        {
            _connection.Open();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>The tables as PostgreSQL takes them: texts are ordered by their bytes, as in SQLite, and whole numbers have 64 bits.</summary>
    public override void Ensure(string tables)
    {
        Connect();
        using var transaction = _connection.BeginTransaction();
        // Two servers that start at once would make them twice.
        Do("SELECT pg_advisory_xact_lock(hashtext('smartcity.toll.tables'))");
        Do(tables.Replace(" WITHOUT ROWID", "", StringComparison.Ordinal).Replace("INTEGER", "BIGINT", StringComparison.Ordinal)
            .Replace("TEXT", "TEXT COLLATE \"C\"", StringComparison.Ordinal).Replace("BLOB", "BYTEA", StringComparison.Ordinal));
        transaction.Commit();
    }

    public override void BeginChange()
    {
        Connect();
        _transaction = _connection.BeginTransaction(IsolationLevel.ReadCommitted);
        // Whoever waited here reads, with the next statement, what the one before committed.
        Do("SELECT pg_advisory_xact_lock(hashtext('smartcity.toll.change'))");
    }

    public override void BeginReading()
    {
        Connect();
        _transaction = _connection.BeginTransaction(IsolationLevel.RepeatableRead);
    }

    public override void Commit()
    {
        _transaction!.Commit();
        End();
    }

    public override void Abandon() => End();

    public override int Run(string sql, params ReadOnlySpan<SqlValue> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteNonQuery();
    }

    public override void RunEach(string sql, IReadOnlyCollection<SqlValue[]> rows)
    {
        foreach (var some in rows.Chunk(Together))
        {
            using var batch = Batch(sql, some);
            batch.ExecuteNonQuery();
        }
    }

    public override void Look(string sql, Func<SqlRow, bool> look, params ReadOnlySpan<SqlValue> values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        var row = new Row(reader);
        while (reader.Read() && look(row)) { }
    }

    public override void LookEach(string sql, IReadOnlyList<SqlValue[]> asked, Action<int, SqlRow> look)
    {
        var number = 0;
        foreach (var some in asked.Chunk(Together))
        {
            using var batch = Batch(sql, some);
            using var reader = batch.ExecuteReader();
            var row = new Row(reader);
            do
            {
                while (reader.Read()) look(number, row);
                number++;
            }
            while (reader.NextResult());
        }
    }

    public override void Dispose()
    {
        End();
        _connection.Dispose();
    }

    /// <summary>Connects again where the server went away meanwhile.</summary>
    private void Connect()
    {
        if (_transaction is not null || _connection.State == ConnectionState.Open) return;
        _connection.Close();
        _connection.Open();
    }

    private void End()
    {
        // Not committed, it is rolled back.
        _transaction?.Dispose();
        _transaction = null;
    }

    private void Do(string sql)
    {
        using var command = Command(sql, []);
        command.ExecuteNonQuery();
    }

    private NpgsqlCommand Command(string sql, ReadOnlySpan<SqlValue> values)
    {
        Connect();
#pragma warning disable CA2100 // The texts are constants; every value is a parameter.
        var command = new NpgsqlCommand(sql, _connection, _transaction);
#pragma warning restore CA2100
        foreach (var value in values) command.Parameters.Add(Parameter(value));
        return command;
    }

    private NpgsqlBatch Batch(string sql, SqlValue[][] rows)
    {
        Connect();
        var batch = new NpgsqlBatch(_connection, _transaction);
        foreach (var row in rows)
        {
#pragma warning disable CA2100 // The texts are constants; every value is a parameter.
            var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
            foreach (var value in row) command.Parameters.Add(Parameter(value));
            batch.BatchCommands.Add(command);
        }
        return batch;
    }

    private static NpgsqlParameter Parameter(SqlValue value) => value.Kind switch
    {
        SqlKind.Number when !value.IsNull => new NpgsqlParameter<long> { TypedValue = value.Number, NpgsqlDbType = NpgsqlDbType.Bigint },
        SqlKind.Number => new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
        SqlKind.Bytes => new NpgsqlParameter { Value = value.Content ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
        _ => new NpgsqlParameter { Value = Storable((string?)value.Content) ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
    };

    /// <summary>A text of PostgreSQL cannot hold a zero, which a device may send; its picture stands for it, so that it can be told from nothing.</summary>
    private static string? Storable(string? text) => text?.Replace('\0', '\u2400');

    private sealed class Row(NpgsqlDataReader reader) : SqlRow
    {
        public override bool IsNull(int column) => reader.IsDBNull(column);
        public override string Text(int column) => reader.GetString(column);
        public override long Number(int column) => reader.GetInt64(column);
        public override byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);
    }
}
