using System.Numerics;
using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>
/// The leaves of the receipt tree in SQLite, with the hash of each whole subtree beside them, so that a root or a proof reads a number of rows that grows with the
/// logarithm of the tree. Appended and never changed; one writer, safe for several threads.
/// </summary>
public sealed class SqliteReceiptLog : IDisposable
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS receipt_leaf(number INTEGER PRIMARY KEY, charge TEXT NOT NULL UNIQUE, hash BLOB NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS receipt_node(level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(level, number)) STRICT, WITHOUT ROWID;
        CREATE TRIGGER IF NOT EXISTS receipt_leaf_kept BEFORE UPDATE ON receipt_leaf BEGIN SELECT RAISE(ABORT, 'receipts are never changed'); END;
        CREATE TRIGGER IF NOT EXISTS receipt_leaf_kept_whole BEFORE DELETE ON receipt_leaf BEGIN SELECT RAISE(ABORT, 'receipts are never removed'); END;
        """;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;

    /// <summary>Opens or creates the log.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public SqliteReceiptLog(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        Run(null, Tables);
    }

    /// <summary>Leaves in the tree.</summary>
    public long Size { get { lock (_lock) return Count(null); } }

    /// <summary>Appends the leaves of charges; durable when it returns. The same charge with the same leaf again is left out.</summary>
    /// <param name="leaves">Ids (with a revision where a charge was rated again) and leaf hashes (<see cref="Commitment.Leaf"/>).</param>
    /// <exception cref="ArgumentException">A hash is none, or a charge stands in the tree with another leaf; nothing was appended.</exception>
    public void Append(IReadOnlyList<(string Charge, byte[] Leaf)> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            var size = Count(transaction);
            foreach (var (charge, leaf) in leaves)
            {
                if (leaf.Length != MerkleTree.HashLength) throw new ArgumentException($"A leaf's hash has {MerkleTree.HashLength} bytes, not {leaf.Length}.");
                if (One(transaction, "SELECT hash FROM receipt_leaf WHERE charge = $a", charge) is byte[] there)
                {
                    if (!there.AsSpan().SequenceEqual(leaf)) throw new ArgumentException($"'{charge}' stands in the tree with another leaf.");
                    continue;
                }
                Run(transaction, "INSERT INTO receipt_leaf VALUES($a, $b, $c)", size, charge, leaf);
                Run(transaction, "INSERT INTO receipt_node VALUES(0, $a, $b)", size, leaf);
                // Each leaf that makes a subtree whole writes its hash, level by level.
                var (level, number, hash) = (0, size, leaf);
                for (; (number & 1) == 1; level++, number >>= 1)
                {
                    hash = MerkleTree.Node(Node(transaction, level, number - 1), hash);
                    Run(transaction, "INSERT INTO receipt_node VALUES($a, $b, $c)", level + 1, number >> 1, hash);
                }
                size++;
            }
            transaction.Commit();
        }
    }

    /// <summary>The number of a charge's leaf; null where it has none.</summary>
    public long? Find(string charge)
    {
        lock (_lock) return One(null, "SELECT number FROM receipt_leaf WHERE charge = $a", charge) as long?;
    }

    /// <summary>The root of the first leaves.</summary>
    /// <param name="size">0 to <see cref="Size"/>.</param>
    public byte[] Root(long size)
    {
        lock (_lock) return size == 0 ? MerkleTree.Root([]) : Root(0, Checked(size, 0));
    }

    /// <summary>The hashes beside the path from a leaf to the root of the first <paramref name="size"/> leaves.</summary>
    public IReadOnlyList<byte[]> Inclusion(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        lock (_lock) return MerkleTree.Inclusion(Root, index, Checked(size, 1));
    }

    /// <summary>The hashes that show that the first <paramref name="size"/> leaves continue the first <paramref name="first"/> ones.</summary>
    public IReadOnlyList<byte[]> Consistency(long first, long size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, size);
        lock (_lock) return MerkleTree.Consistency(Root, first, Checked(size, 1));
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private byte[] Root(long from, long count) => BitOperations.IsPow2(count)
        ? Node(null, BitOperations.Log2((ulong)count), from / count)
        : MerkleTree.Left(count) is var left ? MerkleTree.Node(Root(from, left), Root(from + left, count - left)) : [];

    private long Checked(long size, long least) =>
        size >= least && size <= Count(null) ? size : throw new ArgumentOutOfRangeException(nameof(size), size, $"The tree has {Count(null)} leaves.");

    private byte[] Node(SqliteTransaction? transaction, int level, long number) =>
        One(transaction, "SELECT hash FROM receipt_node WHERE level = $a AND number = $b", level, number) as byte[] ?? throw new InvalidDataException($"Node {number} of level {level} of the receipt tree is missing.");

    private long Count(SqliteTransaction? transaction) => One(transaction, "SELECT MAX(number) FROM receipt_leaf") is long last ? last + 1 : 0;

    private object? One(SqliteTransaction? transaction, string sql, params ReadOnlySpan<object> values)
    {
        using var command = Command(transaction, sql, values);
        return command.ExecuteScalar();
    }

    private void Run(SqliteTransaction? transaction, string sql, params ReadOnlySpan<object> values)
    {
        using var command = Command(transaction, sql, values);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(SqliteTransaction? transaction, string sql, ReadOnlySpan<object> values)
    {
        var command = _connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // The texts are the constants above; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${(char)('a' + i)}", values[i]);
        return command;
    }
}
