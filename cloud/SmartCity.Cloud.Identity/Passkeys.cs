using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Identity;

/// <summary>The passkeys of accounts. Every change, and every use, is one transaction with its row in the audit log.</summary>
public sealed class Passkeys(IdentityDatabase database, AuditLog log, TimeProvider clock)
{
    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS passkey_owner(account TEXT PRIMARY KEY COLLATE NOCASE, handle TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS passkey(id INTEGER PRIMARY KEY AUTOINCREMENT, credential BLOB NOT NULL UNIQUE, account TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, public_key BLOB NOT NULL, counter INTEGER NOT NULL, transports TEXT NOT NULL, backup_eligible INTEGER NOT NULL, backed_up INTEGER NOT NULL, created INTEGER NOT NULL, last_used INTEGER);
        CREATE INDEX IF NOT EXISTS passkey_account ON passkey(account);
        CREATE TABLE IF NOT EXISTS passkey_only(account TEXT PRIMARY KEY COLLATE NOCASE);
        """;
    private const string Columns = "id, account, name, created, last_used, backed_up";
    /// <summary>Passkeys of one account.</summary>
    public const int CountMax = 20;
    /// <summary>Characters of a name.</summary>
    public const int NameMax = 100;

    /// <summary>The passkeys of an account, the newest first.</summary>
    public IReadOnlyList<Passkey> List(string account) => database.Rows($"SELECT {Columns} FROM passkey WHERE account = $account ORDER BY id DESC", PasskeyOf, ("$account", account));

    /// <summary>By what authenticators know an account: random, so that a stolen one tells nobody's name. Made at the first need.</summary>
    public string HandleOf(string account)
    {
        database.Run(null, "INSERT INTO passkey_owner VALUES($account, $handle) ON CONFLICT(account) DO NOTHING", ("$account", account), ("$handle", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))));
        return database.Rows("SELECT handle FROM passkey_owner WHERE account = $account", row => row.GetString(0), ("$account", account))[0];
    }

    /// <summary>Refuses an account that a provider vouches for: whoever is locked out there must not come in here.</summary>
    /// <exception cref="AccessException">It is one.</exception>
    public void CheckOwn(string account)
    {
        if (IsForeign(account)) throw new AccessException($"{account} signs in by the city's provider; whoever is locked out there must not come in by a passkey here.", AccessFault.PasskeyForeign, account);
    }

    /// <summary>Whether a provider vouches for an account, so that it has no passkeys of its own.</summary>
    public bool IsForeign(string account) => ExternalLogins.Has(database, account);

    /// <summary>The account that a credential belongs to, or null.</summary>
    public string? AccountOf(byte[] credential) => database.Rows("SELECT account FROM passkey WHERE credential = $credential", row => row.GetString(0), ("$credential", credential)) is [var account] ? account : null;

    /// <summary>Keeps a passkey that was just proved.</summary>
    /// <exception cref="AccessException">The name cannot be used, the account has too many or may not sign in, or the credential is known already.</exception>
    public Passkey Add(Actor actor, string account, string name, UserPasskeyInfo proved)
    {
        ArgumentNullException.ThrowIfNull(proved);
        var called = Checked(name);
        database.Change(transaction =>
        {
            // Whoever was reset or locked out while the device was asked keeps nothing by it.
            if (database.Rows(transaction, "SELECT 1 FROM account WHERE name = $account AND disabled = 0 AND must_change = 0", _ => 0, ("$account", account)).Count == 0) throw new AccessException($"{account} was disabled or reset meanwhile.", AccessFault.PasskeyRefused);
            if (CountOf(database, transaction, account) >= CountMax) throw new AccessException($"{account} has {CountMax} passkeys; remove one first.", AccessFault.PasskeysMany, account, CountMax);
            if (database.Rows(transaction, "SELECT 1 FROM passkey WHERE credential = $credential", _ => 0, ("$credential", proved.CredentialId)).Count > 0) throw new AccessException("This passkey is known already.", AccessFault.PasskeyDuplicate);
            database.Run(transaction, "INSERT INTO passkey(credential, account, name, public_key, counter, transports, backup_eligible, backed_up, created) VALUES($credential, $account, $name, $key, $counter, $transports, $eligible, $backed, $now)",
                ("$credential", proved.CredentialId), ("$account", account), ("$name", called), ("$key", proved.PublicKey), ("$counter", (long)proved.SignCount), ("$transports", string.Join('\n', proved.Transports ?? [])),
                ("$eligible", proved.IsBackupEligible), ("$backed", proved.IsBackedUp), ("$now", UnixMicros.Now(clock)));
            log.Write(transaction, actor, "passkey.add", $"{account}/{called}", null, JsonSerializer.Serialize(new { backedUp = proved.IsBackedUp }));
        }, log);
        return database.Rows($"SELECT {Columns} FROM passkey WHERE credential = $credential", PasskeyOf, ("$credential", proved.CredentialId))[0];
    }

    /// <summary>Notes a sign-in by a passkey that was just proved: its counter, when it was used, the account's last sign-in, and the row in the log.</summary>
    /// <exception cref="AccessException">The counter has not grown: another authenticator may hold a copy. The passkey was removed meanwhile.</exception>
    public void Use(Accounts accounts, Actor actor, UserPasskeyInfo proved)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentNullException.ThrowIfNull(proved);
        database.Change(transaction =>
        {
            if (database.Rows(transaction, "SELECT counter, name FROM passkey WHERE credential = $credential", row => (Counter: row.GetInt64(0), Name: row.GetString(1)), ("$credential", proved.CredentialId)) is not [var known])
                throw new AccessException("This passkey is not known.", AccessFault.PasskeyUnknown);
            // Authenticators that do not count say 0 for ever.
            if ((proved.SignCount != 0 || known.Counter != 0) && proved.SignCount <= known.Counter)
                throw new AccessException($"The passkey's counter says {proved.SignCount} after {known.Counter}: there may be a copy of it. Remove it and make a new one.", AccessFault.PasskeyCounter);
            database.Run(transaction, "UPDATE passkey SET counter = $counter, backed_up = $backed, last_used = $now WHERE credential = $credential", ("$counter", (long)proved.SignCount), ("$backed", proved.IsBackedUp), ("$now", UnixMicros.Now(clock)), ("$credential", proved.CredentialId));
            accounts.SignedIn(transaction, actor, JsonSerializer.Serialize(new { passkey = known.Name }));
        }, log);
    }

    /// <summary>Gives a passkey another name.</summary>
    /// <exception cref="AccessException">The account has none of that number, or the name cannot be used.</exception>
    public void Rename(Actor actor, string account, long id, string name)
    {
        var called = Checked(name);
        database.Change(transaction =>
        {
            var known = Known(transaction, account, id);
            database.Run(transaction, "UPDATE passkey SET name = $name WHERE id = $id", ("$name", called), ("$id", id));
            log.Write(transaction, actor, "passkey.rename", $"{known.Account}/{called}", JsonSerializer.Serialize(new { name = known.Name }), JsonSerializer.Serialize(new { name = called }));
        }, log);
    }

    /// <summary>Removes a passkey; it signs nobody in from then on.</summary>
    /// <exception cref="AccessException">The account has none of that number, or there would be no way in.</exception>
    public void Remove(Actor actor, string account, long id) => database.Change(transaction =>
    {
        var known = Known(transaction, account, id);
        if (AreOnlyWay(transaction, account) && CountOf(database, transaction, account) == 1) throw new AccessException($"This is the last way into {account}; choose a password first, or reset the account.", AccessFault.LastWayIn, account);
        Remove(transaction, actor, known);
    }, log);

    /// <summary>Whether an account has no password, so that its passkeys are the only way in.</summary>
    public bool AreOnlyWay(string account) => AreOnlyWay(null, account);

    /// <summary>Makes passkeys the only way in, or one of two.</summary>
    /// <exception cref="AccessException">There is none.</exception>
    internal static void SetOnlyWay(IdentityDatabase database, SqliteTransaction transaction, string account, bool areOnlyWay)
    {
        if (areOnlyWay && CountOf(database, transaction, account) == 0) throw new AccessException($"The password is the last way into {account}; add a passkey first.", AccessFault.LastWayIn, account);
        database.Run(transaction, areOnlyWay ? "INSERT OR IGNORE INTO passkey_only VALUES($account)" : "DELETE FROM passkey_only WHERE account = $account", ("$account", account));
    }

    /// <summary>Removes all passkeys of an account that gets another way in.</summary>
    internal static void RemoveAll(IdentityDatabase database, SqliteTransaction transaction, AuditLog log, Actor actor, string account)
    {
        SetOnlyWay(database, transaction, account, false);
        foreach (var known in database.Rows(transaction, $"SELECT {Columns} FROM passkey WHERE account = $account ORDER BY id", PasskeyOf, ("$account", account))) Remove(database, transaction, log, actor, known);
    }

    /// <summary>The account of a handle, or null.</summary>
    internal string? OwnerOf(string handle) => database.Rows("SELECT account FROM passkey_owner WHERE handle = $handle", row => row.GetString(0), ("$handle", handle)) is [var account] ? account : null;

    /// <summary>What proves a passkey of an account, or all of them.</summary>
    internal List<UserPasskeyInfo> Records(string account, byte[]? credential = null) => database.Rows(
        "SELECT credential, public_key, created, transports, backup_eligible, backed_up, name FROM passkey WHERE account = $account AND ($credential IS NULL OR credential = $credential)",
        // The counter is left to Use, which compares and writes it in one transaction: two sign-ins at once cannot both pass.
        row => new UserPasskeyInfo(row.GetFieldValue<byte[]>(0), row.GetFieldValue<byte[]>(1), UnixMicros.ToTime(row.GetInt64(2)), 0, row.GetString(3).Split('\n', StringSplitOptions.RemoveEmptyEntries), true, row.GetBoolean(4), row.GetBoolean(5), [], []) { Name = row.GetString(6) },
        ("$account", account), ("$credential", credential));

    private Passkey Known(SqliteTransaction transaction, string account, long id) =>
        database.Rows(transaction, $"SELECT {Columns} FROM passkey WHERE id = $id AND account = $account", PasskeyOf, ("$id", id), ("$account", account)) is [var known] ? known : throw new AccessException($"{account} has no passkey {id}.", AccessFault.PasskeyMissing, account, id.ToString(CultureInfo.InvariantCulture));

    private bool AreOnlyWay(SqliteTransaction? transaction, string account) => database.Rows(transaction, "SELECT 1 FROM passkey_only WHERE account = $account", _ => 0, ("$account", account)).Count > 0;

    private static int CountOf(IdentityDatabase database, SqliteTransaction transaction, string account) => database.Rows(transaction, "SELECT 1 FROM passkey WHERE account = $account", _ => 0, ("$account", account)).Count;

    private void Remove(SqliteTransaction transaction, Actor actor, Passkey known) => Remove(database, transaction, log, actor, known);

    private static void Remove(IdentityDatabase database, SqliteTransaction transaction, AuditLog log, Actor actor, Passkey known)
    {
        database.Run(transaction, "DELETE FROM passkey WHERE id = $id", ("$id", known.Id));
        log.Write(transaction, actor, "passkey.remove", $"{known.Account}/{known.Name}", null, null);
    }

    private static string Checked(string name) => name.Trim() is { Length: > 0 and <= NameMax } called && !called.Any(char.IsControl) ? called : throw new AccessException($"A passkey needs a name, 1 to {NameMax} characters, by which you know it again.", AccessFault.PasskeyName, NameMax);

    private static Passkey PasskeyOf(SqliteDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetInt64(4), row.GetBoolean(5));
}
