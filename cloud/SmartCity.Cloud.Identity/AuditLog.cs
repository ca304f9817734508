using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Identity;

/// <summary>
/// The log of who changed what: rows are appended and never changed, and each row's hash covers the hash of the row before, so that a changed,
/// removed or added row is found by <see cref="Verify"/>.
/// </summary>
/// <remarks>
/// The number and hash of the last row stand in <c>head</c> too, changed in the transaction that appends: rows cut off at the end are found by it.
/// Whoever can write the file can write a whole new chain; what proves more than that is a hash of the head kept elsewhere (<c>audit verify</c> prints it).
/// </remarks>
public sealed class AuditLog(IdentityDatabase database, TimeProvider clock) : IAuditLog
{
    /// <summary>Characters kept of what was so before and after.</summary>
    private const int TextMax = 16_384;

    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS audit(number INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, origin TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, before TEXT, after TEXT, hash BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS audit_head(id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL, hash BLOB NOT NULL);
        CREATE TRIGGER IF NOT EXISTS audit_kept BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
        CREATE TRIGGER IF NOT EXISTS audit_kept_whole BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
        """;

    /// <summary>Why the last row could not be written; null where it was. While it stands, nothing may be changed.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Writes one row in a transaction of its own; durable when it returns.</summary>
    /// <exception cref="SqliteException">It cannot be written; what it speaks of must not be done.</exception>
    public void Write(Actor actor, string action, string subject, string? before, string? after) =>
        database.Change(transaction => Write(transaction, actor, action, subject, before, after), this);

    /// <summary>Writes one row in the transaction of what it speaks of.</summary>
    internal void Write(SqliteTransaction transaction, Actor actor, string action, string subject, string? before, string? after)
    {
        ArgumentNullException.ThrowIfNull(actor);
        var (number, previous) = Head(transaction);
        var entry = new AuditEntry(number + 1, SmartCity.Model.UnixMicros.Now(clock), Kept(actor.Name)!, Kept(actor.From)!, action, Kept(subject)!, Kept(Cut(before)), Kept(Cut(after)), "");
        var hash = HashOf(previous, [Bytes(entry.Number), Bytes(entry.At), Bytes(entry.Who), Bytes(entry.From), Bytes(entry.Action), Bytes(entry.Subject), Bytes(entry.Before), Bytes(entry.After)]);
        database.Run(transaction, "INSERT INTO audit VALUES($number, $at, $who, $origin, $action, $subject, $before, $after, $hash)",
            ("$number", entry.Number), ("$at", entry.At), ("$who", entry.Who), ("$origin", entry.From), ("$action", action), ("$subject", entry.Subject),
            ("$before", entry.Before), ("$after", entry.After), ("$hash", hash));
        database.Run(transaction, "INSERT INTO audit_head VALUES(1, $number, $hash) ON CONFLICT(id) DO UPDATE SET number = $number, hash = $hash", ("$number", entry.Number), ("$hash", hash));
    }

    /// <inheritdoc/>
    public IReadOnlyList<AuditEntry> Read(long? before, int limit, long? from = null, long? to = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.Rows("SELECT number, at, who, origin, action, subject, before, after, hash FROM audit WHERE number < $before AND at >= $from AND at < $to ORDER BY number DESC LIMIT $limit",
            EntryOf, ("$before", before ?? long.MaxValue), ("$from", from ?? long.MinValue), ("$to", to ?? long.MaxValue), ("$limit", limit));
    }

    /// <inheritdoc/>
    public AuditCheck Verify()
    {
        var (previous, expected) = (Array.Empty<byte>(), 1L);
        AuditCheck? broken = null;
        var last = 0L;
        // A page at a time, so that a long log is not held in memory nor the database for long.
        while (broken is null)
        {
            // The bytes as they lie in the file: read as text or number, a tail behind a NUL, broken UTF-8 or a fraction would be passed over.
            var rows = database.Rows(
                """
                SELECT number, action, subject, hash, CAST(number AS BLOB), CAST(at AS BLOB), CAST(who AS BLOB), CAST(origin AS BLOB), CAST(action AS BLOB), CAST(subject AS BLOB), CAST(before AS BLOB), CAST(after AS BLOB)
                FROM audit WHERE number > $last ORDER BY number LIMIT 1000
                """, StoredOf, ("$last", last));
            if (rows.Count == 0) break;
            foreach (var row in rows)
            {
                var hash = HashOf(previous, row.Members);
                if (row.Number != expected) broken = new AuditCheck(last, expected, $"Row {expected} is missing; the next one is {row.Number}.");
                else if (!hash.AsSpan().SequenceEqual(row.Hash)) broken = new AuditCheck(last, row.Number, $"Row {row.Number} ({row.Action} of {row.Subject}) is not as it was written: its hash does not fit what stands in it.");
                if (broken is not null) break;
                (previous, last, expected) = (hash, row.Number, row.Number + 1);
            }
        }
        if (broken is not null) return broken;
        var head = database.Rows("SELECT number, hash FROM audit_head", row => (Number: row.GetInt64(0), Hash: row.GetFieldValue<byte[]>(1))).FirstOrDefault((Number: 0, Hash: []));
        if (head.Number != last) return new AuditCheck(last, Math.Min(head.Number, last) + 1, $"The log ends at row {last}, but its head speaks of row {head.Number}: rows at the end were {(head.Number > last ? "removed" : "added")}.");
        return head.Hash.AsSpan().SequenceEqual(previous) ? new AuditCheck(last, null, null) : new AuditCheck(last, last, "The head is not as it was written: its hash is not that of the last row.");
    }

    /// <summary>Whether it can be written has changed: why it cannot, or null.</summary>
    public event Action<string?>? TroubleChanged;

    internal void Failed(string? reason)
    {
        var isOther = (reason is null) != (Trouble is null);
        Trouble = reason;
        if (isOther) TroubleChanged?.Invoke(reason);
    }

    private (long Number, byte[] Hash) Head(SqliteTransaction transaction) =>
        database.Rows(transaction, "SELECT number, hash FROM audit_head", row => (row.GetInt64(0), row.GetFieldValue<byte[]>(1))).FirstOrDefault((0, []));

    private static AuditEntry EntryOf(SqliteDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5),
        row.IsDBNull(6) ? null : row.GetString(6), row.IsDBNull(7) ? null : row.GetString(7), Convert.ToHexStringLower(row.GetFieldValue<byte[]>(8)));

    private static (long Number, string Action, string Subject, byte[] Hash, byte[]?[] Members) StoredOf(SqliteDataReader row) =>
        (row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetFieldValue<byte[]>(3), [.. Enumerable.Range(4, 8).Select(member => row.IsDBNull(member) ? null : row.GetFieldValue<byte[]>(member))]);

    /// <summary>Each member with its length in front, so that no two different rows give the same bytes; an absent one has the length −1.</summary>
    private static byte[] HashOf(ReadOnlySpan<byte> previous, ReadOnlySpan<byte[]?> members)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        Span<byte> length = stackalloc byte[4];
        foreach (var bytes in members)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes?.Length ?? -1);
            hash.AppendData(length);
            if (bytes is not null) hash.AppendData(bytes);
        }
        return hash.GetHashAndReset();
    }

    private static byte[] Bytes(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    /// <summary>Text as it can be kept: a NUL would end it in the file, half a character has no bytes of its own.</summary>
    private static string? Kept(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace('\0', '\uFFFD')));

    private static string? Cut(string? text) => text is { Length: > TextMax } ? $"{text.AsSpan(0, TextMax)}… ({text.Length} characters)" : text;
}

/// <summary>Who does something.</summary>
/// <param name="Name">Account, or <c>console</c>, <c>system</c>.</param>
/// <param name="From">Address, or the way it came by.</param>
public sealed record Actor(string Name, string From)
{
    /// <summary>The program itself.</summary>
    public static Actor System { get; } = new("system", "server");
}
