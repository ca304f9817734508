using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Sql;
using SQLitePCL;
using static SQLitePCL.raw;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>
/// A session on a SQLite file: WAL, an fsync a commit. Values are bound and columns read where they lie: through the layer of ADO.NET a statement cost
/// several times of what SQLite needs for it.
/// </summary>
internal sealed class SqliteSession : SqlSession
{
    private const int BusyMs = 30_000, CacheKib = 64 << 10, CheckpointPages = 4_000;

    private readonly SqliteConnection _connection;
    private readonly sqlite3 _database;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    private bool _isBegun;

    /// <summary>Opens a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mode">Whether it is made where it does not exist, with its folder.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public SqliteSession(string file, SqliteOpenMode mode = SqliteOpenMode.ReadWriteCreate)
    {
        if (mode == SqliteOpenMode.ReadWriteCreate) Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, Mode = mode }.ToString());
        try
        {
            _connection.Open();
            _database = _connection.Handle!;
            Do(string.Create(CultureInfo.InvariantCulture, $"PRAGMA busy_timeout={BusyMs}; PRAGMA cache_size=-{CacheKib}; PRAGMA temp_store=MEMORY"));
            if (mode == SqliteOpenMode.ReadWriteCreate) Do(string.Create(CultureInfo.InvariantCulture, $"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST; PRAGMA wal_autocheckpoint={CheckpointPages}"));
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>The connection, for what asks seldom and in its own way; in the transaction that was begun.</summary>
    public SqliteConnection Connection => _connection;

    public override void Ensure(string tables) => Do(tables);

    public override void BeginChange() => Begin("BEGIN IMMEDIATE");

    public override void BeginReading() => Begin("BEGIN");

    public override void Commit()
    {
        Do("COMMIT");
        _isBegun = false;
    }

    public override void Abandon()
    {
        if (!_isBegun) return;
        _isBegun = false;
        // A full disk may have ended it already.
        if (sqlite3_get_autocommit(_database) == 0) Do("ROLLBACK");
    }

    public override int Run(string sql, params ReadOnlySpan<SqlValue> values)
    {
        Prepared(sql).Run(values);
        return sqlite3_changes(_database);
    }

    public override void RunEach(string sql, IReadOnlyCollection<SqlValue[]> rows)
    {
        if (rows.Count == 0) return;
        var statement = Prepared(sql);
        foreach (var row in rows) statement.Run(row);
    }

    public override void Look(string sql, Func<SqlRow, bool> look, params ReadOnlySpan<SqlValue> values) => Prepared(sql).Look(look, values);

    public override void LookEach(string sql, IReadOnlyList<SqlValue[]> asked, Action<int, SqlRow> look)
    {
        if (asked.Count == 0) return;
        var statement = Prepared(sql);
        for (var i = 0; i < asked.Count; i++)
        {
            var number = i;
            statement.Look(row =>
            {
                look(number, row);
                return true;
            }, asked[i]);
        }
    }

    public override void Dispose()
    {
        Abandon();
        foreach (var statement in _statements.Values) statement.Dispose();
        _connection.Dispose();
    }

    private void Begin(string sql)
    {
        Do(sql);
        _isBegun = true;
    }

    private void Do(string sql) => SqliteException.ThrowExceptionForRC(sqlite3_exec(_database, sql), _database);

    private Statement Prepared(string sql)
    {
        if (_statements.TryGetValue(sql, out var known)) return known;
        return _statements[sql] = new Statement(_database, sql);
    }

    private sealed class Statement : SqlRow, IDisposable
    {
        private const int ParametersMax = 20;

        private readonly sqlite3 _database;
        private readonly sqlite3_stmt _statement;
        /// <summary>SQLite numbers parameters as they first stand in the text.</summary>
        private readonly int[] _numbers;

        public Statement(sqlite3 database, string sql)
        {
            _database = database;
            SqliteException.ThrowExceptionForRC(sqlite3_prepare_v3(database, sql, SQLITE_PREPARE_PERSISTENT, out _statement), database);
            _numbers = [.. Enumerable.Range(1, ParametersMax).Select(i => sqlite3_bind_parameter_index(_statement, string.Create(CultureInfo.InvariantCulture, $"${i}")))];
        }

        public void Run(ReadOnlySpan<SqlValue> values)
        {
            Bind(values);
            try
            {
                while (Step()) { }
            }
            finally
            {
                _ = sqlite3_reset(_statement);
            }
        }

        public void Look(Func<SqlRow, bool> look, ReadOnlySpan<SqlValue> values)
        {
            Bind(values);
            try
            {
                while (Step() && look(this)) { }
            }
            finally
            {
                _ = sqlite3_reset(_statement);
            }
        }

        public override bool IsNull(int column) => sqlite3_column_type(_statement, column) == SQLITE_NULL;
        // By its length: a device may send a text with a zero in it, which must not end there.
        public override string Text(int column) => Encoding.UTF8.GetString(sqlite3_column_blob(_statement, column));
        public override long Number(int column) => sqlite3_column_int64(_statement, column);
        public override byte[] Bytes(int column) => Span(column).ToArray();
        public override ReadOnlySpan<byte> Span(int column) => sqlite3_column_blob(_statement, column);

        public void Dispose() => _statement.Dispose();

        private bool Step()
        {
            var result = sqlite3_step(_statement);
            if (result == SQLITE_ROW) return true;
            if (result != SQLITE_DONE) SqliteException.ThrowExceptionForRC(result, _database);
            return false;
        }

        private void Bind(ReadOnlySpan<SqlValue> values)
        {
            Span<byte> room = stackalloc byte[256];
            for (var i = 0; i < values.Length; i++)
            {
                var (value, number) = (values[i], _numbers[i]);
                // A value that a statement does not ask for.
                if (number == 0) continue;
                var result = value switch
                {
                    { IsNull: true } => sqlite3_bind_null(_statement, number),
                    { Kind: SqlKind.Number } => sqlite3_bind_int64(_statement, number, value.Number),
                    { Kind: SqlKind.Bytes } => sqlite3_bind_blob(_statement, number, (byte[])value.Content!),
                    _ => BindText(number, (string)value.Content!, room),
                };
                SqliteException.ThrowExceptionForRC(result, _database);
            }
        }

        private int BindText(int number, string text, Span<byte> room) => Encoding.UTF8.TryGetBytes(text, room, out var count)
            ? sqlite3_bind_text(_statement, number, room[..count])
            : sqlite3_bind_text(_statement, number, Encoding.UTF8.GetBytes(text));
    }
}
