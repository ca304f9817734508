using System.Numerics;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>
/// The trees of receipts in SQLite: leaves, and the hash of each whole subtree beside them, so that a proof reads a number of rows that grows with the logarithm
/// of the tree. All trees of a period are made in one commit. What the leaves commit to stands apart, and can be erased; the trees stay as they are. Safe for several threads.
/// </summary>
public sealed class SqliteReceiptStore : IDisposable
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;
        CREATE TABLE IF NOT EXISTS receipt_tree(
          period INTEGER NOT NULL, batch INTEGER NOT NULL, size INTEGER NOT NULL, net INTEGER NOT NULL, vat INTEGER NOT NULL, root BLOB NOT NULL, checkpoint TEXT NOT NULL, key BLOB NOT NULL, at INTEGER NOT NULL,
          PRIMARY KEY(period, batch)) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS receipt_leaf(
          period INTEGER NOT NULL, batch INTEGER NOT NULL, number INTEGER NOT NULL, charge TEXT NOT NULL, day INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(period, batch, number)) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX IF NOT EXISTS receipt_leaf_charge ON receipt_leaf(charge, period, batch);
        CREATE TABLE IF NOT EXISTS receipt_node(
          period INTEGER NOT NULL, batch INTEGER NOT NULL, level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(period, batch, level, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS receipt_text(charge TEXT NOT NULL, period INTEGER NOT NULL, batch INTEGER NOT NULL, day INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY(charge, period, batch)) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS receipt_text_day ON receipt_text(day);
        CREATE TABLE IF NOT EXISTS receipt_period(period INTEGER PRIMARY KEY, opened INTEGER NOT NULL) STRICT;
        CREATE TRIGGER IF NOT EXISTS receipt_leaf_kept BEFORE UPDATE ON receipt_leaf BEGIN SELECT RAISE(ABORT, 'receipts are never changed'); END;
        CREATE TRIGGER IF NOT EXISTS receipt_leaf_kept_whole BEFORE DELETE ON receipt_leaf BEGIN SELECT RAISE(ABORT, 'receipts are never removed'); END;
        CREATE TRIGGER IF NOT EXISTS receipt_tree_kept BEFORE UPDATE ON receipt_tree BEGIN SELECT RAISE(ABORT, 'receipts are never changed'); END;
        CREATE TRIGGER IF NOT EXISTS receipt_tree_kept_whole BEFORE DELETE ON receipt_tree BEGIN SELECT RAISE(ABORT, 'receipts are never removed'); END;
        CREATE TEMP TABLE booked(
          charge TEXT PRIMARY KEY, day INTEGER NOT NULL, batch INTEGER NOT NULL, net INTEGER NOT NULL, vat INTEGER NOT NULL, payer TEXT, lane TEXT) WITHOUT ROWID;
        """;
    private const string TreeColumns = "period, batch, size, net, vat, root, checkpoint, key, at";

    private readonly Lock _writing = new(), _reading = new();
    private readonly string _where;
    private readonly SqliteConnection _connection, _reader;
    private readonly Statements _statements, _questions;

    /// <summary>Opens or creates the store.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public SqliteReceiptStore(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _where = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString();
        // Who asks for a receipt does not wait for a month that is being made.
        (_connection, _reader) = (new SqliteConnection(_where), new SqliteConnection(_where));
        _connection.Open();
        _reader.Open();
        (_statements, _questions) = (new Statements(_connection), new Statements(_reader));
        _statements.Run(Tables);
    }

    /// <summary>All trees, in order of period and batch.</summary>
    public IReadOnlyList<ReceiptTree> Trees()
    {
        lock (_reading) return _questions.Read($"SELECT {TreeColumns} FROM receipt_tree ORDER BY period, batch", TreeOf);
    }

    /// <summary>The leaves of a charge, the latest tree last.</summary>
    public IReadOnlyList<ReceiptLeaf> Find(string charge)
    {
        lock (_reading)
        {
            return _questions.Read(
                $"SELECT {string.Join(", ", TreeColumns.Split(", ").Select(name => "t." + name))}, l.number, l.day, x.text FROM receipt_leaf l JOIN receipt_tree t USING(period, batch) LEFT JOIN receipt_text x USING(charge, period, batch) WHERE l.charge = $1 ORDER BY l.period, l.batch",
                row => new ReceiptLeaf(TreeOf(row), row.GetInt64(9), charge, DateOnly.FromDayNumber(row.GetInt32(10)), row.IsDBNull(11) ? null : row.GetString(11)), charge);
        }
    }

    /// <summary>The hashes beside the path from a leaf to its tree's root.</summary>
    public IReadOnlyList<byte[]> Inclusion(ReceiptTree tree, long index)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, tree.Size);
        lock (_reading) return MerkleTree.Inclusion((from, count) => RootOf(_questions, tree.Period, tree.Batch, from, count), index, tree.Size);
    }

    /// <summary>Reads the trees of some periods leaf by leaf, beside whoever asks for receipts, and holds them against their signed checkpoints.</summary>
    /// <returns>In order of period and batch; periods whose trees are not made are left out.</returns>
    public IReadOnlyList<ReceiptTreeCount> Count(IReadOnlySet<int> periods)
    {
        ArgumentNullException.ThrowIfNull(periods);
        if (periods.Count == 0) return [];
        using var connection = new SqliteConnection(_where);
        connection.Open();
        using var statements = new Statements(connection);
        return [.. statements.Read($"SELECT {TreeColumns} FROM receipt_tree ORDER BY period, batch", TreeOf).Where(tree => periods.Contains(tree.Period)).Select(tree => CountOf(statements, tree))];
    }

    /// <summary>The receipt of a charge: of the last batch that booked something of it.</summary>
    /// <param name="charge">Charge or passage id.</param>
    /// <param name="saltKeyOf">Key of the vault for a business date; throws <see cref="InvalidOperationException"/> where it was erased.</param>
    /// <returns>Null where no sealed period holds it.</returns>
    /// <exception cref="InvalidOperationException">What it says, or the key of its salt, was erased by the rules of retention.</exception>
    public TollReceipt? Give(string charge, Func<DateOnly, byte[]> saltKeyOf)
    {
        ArgumentNullException.ThrowIfNull(saltKeyOf);
        if (Find(charge) is not [.., var leaf]) return null;
        if (leaf.Text is null) throw new InvalidOperationException($"What the receipt of {charge} says was erased by the rules of retention; a receipt that was given out is still valid.");
        return new TollReceipt(TollReceipt.FieldsOf(leaf.Text)!, Commitment.Salt(saltKeyOf(leaf.Day), charge), leaf.Index, leaf.Tree.PublicKey, Inclusion(leaf.Tree, leaf.Index), leaf.Tree.Checkpoint);
    }

    /// <summary>Erases what leaves commit to, of business dates up to one; the trees stay.</summary>
    /// <param name="through">Last date.</param>
    /// <returns>How many were erased.</returns>
    public int Erase(DateOnly through)
    {
        lock (_writing) return _statements.Run("DELETE FROM receipt_text WHERE day <= $1", through.DayNumber);
    }

    /// <summary>How many leaves up to a date can still be given out.</summary>
    public long Readable(DateOnly through)
    {
        lock (_reading) return (long)_questions.Ask("SELECT count(*) FROM receipt_text WHERE day <= $1", through.DayNumber)!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.Dispose();
        _questions.Dispose();
        _connection.Dispose();
        _reader.Dispose();
    }

    /// <summary>Entry of the ledger that opened a period, where it is known; else 0.</summary>
    internal long OpenedAt(int period)
    {
        lock (_reading) return _questions.Ask("SELECT opened FROM receipt_period WHERE period = $1", period) as long? ?? 0;
    }

    /// <summary>Makes the trees of a period in one commit.</summary>
    /// <param name="work">Fills the period's bookings and makes the trees of them.</param>
    internal void Change(Action<Writer> work)
    {
        lock (_writing)
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            _statements.Transaction = transaction;
            try
            {
                _statements.Run("DELETE FROM booked");
                work(new Writer(this));
                transaction.Commit();
            }
            finally
            {
                _statements.Transaction = null;
            }
        }
    }

    private static ReceiptTree TreeOf(SqliteDataReader row) => new(
        row.GetInt32(0), (BatchKind)row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetFieldValue<byte[]>(5), row.GetString(6), row.GetFieldValue<byte[]>(7), row.GetInt64(8));

    private static ReceiptTreeCount CountOf(Statements statements, ReceiptTree tree)
    {
        var (root, isInOrder) = (new MerkleRoot(), true);
        statements.ForEach("SELECT number, hash FROM receipt_leaf WHERE period = $1 AND batch = $2 ORDER BY number", row =>
        {
            isInOrder &= row.GetInt64(0) == root.Count;
            root.Add(row.GetFieldValue<byte[]>(1));
        }, tree.Period, (long)tree.Batch);
        var isSigned = SignedBy(tree) is { } signed && signed.Size == root.Count && signed.Root.AsSpan().SequenceEqual(root.Value());
        return new ReceiptTreeCount(tree.Period, tree.Batch, root.Count, tree.Net + tree.Vat, isInOrder && isSigned);
    }

    /// <summary>What the checkpoint of a tree says; null where it is not signed by the tree's key or is another tree's.</summary>
    private static Checkpoint? SignedBy(ReceiptTree tree)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(tree.PublicKey, out _);
            return Checkpoint.Verify(tree.Checkpoint, key) is { } read && read.Origin.EndsWith($"/{tree.Name}", StringComparison.Ordinal) ? read : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static byte[] RootOf(Statements statements, int period, BatchKind batch, long from, long count)
    {
        if (!BitOperations.IsPow2(count)) return MerkleTree.Left(count) is var left ? MerkleTree.Node(RootOf(statements, period, batch, from, left), RootOf(statements, period, batch, from + left, count - left)) : [];
        var hash = count == 1
            ? statements.Ask("SELECT hash FROM receipt_leaf WHERE period = $1 AND batch = $2 AND number = $3", period, (long)batch, from)
            : statements.Ask("SELECT hash FROM receipt_node WHERE period = $1 AND batch = $2 AND level = $3 AND number = $4", period, (long)batch, BitOperations.Log2((ulong)count), from / count);
        return hash as byte[] ?? throw new InvalidDataException($"The hash over {count} leaves from {from} on of tree {ReceiptTree.NameOf(period, batch)} is missing.");
    }

    /// <summary>What a change of the store can do.</summary>
    internal sealed class Writer(SqliteReceiptStore store)
    {
        private readonly Statements _statements = store._statements;

        /// <summary>Remembers which entry opened a period.</summary>
        public void Opened(int period, long entry) => _statements.Run("INSERT OR IGNORE INTO receipt_period VALUES($1, $2)", period, entry);

        /// <summary>Adds a transfer to what is booked of its charge.</summary>
        public void Book(string charge, DateOnly day, BatchKind batch, long net, long vat, string? payer, string? lane) => _statements.Run(
            """
            INSERT INTO booked VALUES($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO UPDATE SET batch = min(batch, $3), net = net + $4, vat = vat + $5, payer = coalesce($6, payer), lane = coalesce($7, lane)
            """, charge, day.DayNumber, (long)batch, net, vat, payer, lane);

        /// <summary>The batches that something is booked of.</summary>
        public IReadOnlyList<BatchKind> Batches() => _statements.Read("SELECT DISTINCT batch FROM booked ORDER BY batch", row => (BatchKind)row.GetInt64(0));

        /// <summary>What is booked of a batch, in the order of charges.</summary>
        public void ForEach(BatchKind batch, Action<Booking> look) => _statements.ForEach("SELECT charge, day, net, vat, payer, lane FROM booked WHERE batch = $1 ORDER BY charge",
            row => look(new Booking(row.GetString(0), DateOnly.FromDayNumber(row.GetInt32(1)), row.GetInt64(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5))), (long)batch);

        /// <summary>Writes a leaf, and each subtree that it makes whole.</summary>
        public void Put(int period, BatchKind batch, long index, Booking booking, string text, byte[] leaf)
        {
            _statements.Run("INSERT INTO receipt_leaf VALUES($1, $2, $3, $4, $5, $6)", period, (long)batch, index, booking.Charge, booking.Day.DayNumber, leaf);
            _statements.Run("INSERT INTO receipt_text VALUES($1, $2, $3, $4, $5)", booking.Charge, period, (long)batch, booking.Day.DayNumber, text);
            var (level, number, hash) = (0, index, leaf);
            for (; (number & 1) == 1; level++, number >>= 1)
            {
                hash = MerkleTree.Node(RootOf(_statements, period, batch, (number - 1) << level, 1L << level), hash);
                _statements.Run("INSERT INTO receipt_node VALUES($1, $2, $3, $4, $5)", period, (long)batch, level + 1, number >> 1, hash);
            }
        }

        /// <summary>Root of the leaves that were written.</summary>
        public byte[] Root(int period, BatchKind batch, long size) => size == 0 ? MerkleTree.Root([]) : RootOf(_statements, period, batch, 0, size);

        /// <summary>Writes the tree itself.</summary>
        public void Put(ReceiptTree tree) => _statements.Run(
            "INSERT INTO receipt_tree VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)", tree.Period, (long)tree.Batch, tree.Size, tree.Net, tree.Vat, tree.Root, tree.Checkpoint, tree.PublicKey, tree.At);
    }

    /// <summary>What a batch booked of a charge, minor units: the sum of its transfers, those that undo others counted against them.</summary>
    internal sealed record Booking(string Charge, DateOnly Day, long Net, long Vat, string? Payer, string? Lane);
}
