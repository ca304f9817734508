using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Identity;

/// <summary>Who a request acts for.</summary>
/// <param name="Grant">Its session or token.</param>
/// <param name="Account">Its account as it is now.</param>
/// <param name="Rights">What it may do now; nothing while the account must choose a password.</param>
public sealed record Caller(AccessGrant Grant, Account Account, Rights Rights);

/// <summary>Sessions of browsers and tokens of programs. Only hashes of their secrets are kept.</summary>
public sealed class AccessGrants(IdentityDatabase database, AuditLog log, AccessOptions options, TimeProvider clock)
{
    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS access_grant(id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, account TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, token INTEGER NOT NULL, rights INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, last_used INTEGER, origin TEXT);
        CREATE INDEX IF NOT EXISTS access_grant_account ON access_grant(account);
        """;
    private const string Columns = "g.id, a.name, g.name, g.rights, g.created, g.expires, g.last_used, g.origin, g.token";
    private const string TokenPrefix = "sc_";
    /// <summary>Sessions of one account; a further one ends the oldest.</summary>
    private const int SessionsMax = 20;
    private const int TokensMax = 100;
    private const int KnownMax = 20_000;

    /// <summary>By hash, so that a request does not read the disk; null = no such grant. Forgotten whole when it grows too large.</summary>
    private readonly ConcurrentDictionary<string, Caller> _known = new(StringComparer.Ordinal);

    /// <summary>Begins a session.</summary>
    /// <returns>Its secret, for the cookie.</returns>
    public string Begin(Account account, string browser, string from)
    {
        ArgumentNullException.ThrowIfNull(account);
        var (now, secret) = (UnixMicros.Now(clock), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
        database.Change(transaction =>
        {
            database.Run(transaction, "DELETE FROM access_grant WHERE expires <= $now OR (token = 0 AND last_used <= $idle)", ("$now", now), ("$idle", now - Micros(options.SessionIdle)));
            database.Run(transaction, $"DELETE FROM access_grant WHERE id IN (SELECT id FROM access_grant WHERE account = $account AND token = 0 ORDER BY last_used DESC LIMIT -1 OFFSET {SessionsMax - 1})", ("$account", account.Name));
            Insert(transaction, secret, account.Name, browser.Length > 200 ? browser[..200] : browser, false, Rights.All, now, now + Micros(options.SessionMax), now, from);
        }, log);
        return secret;
    }

    /// <summary>Makes a token.</summary>
    /// <returns>The token; it is shown this once.</returns>
    /// <exception cref="AccessException">The account has too many, or the name or the rights cannot be used.</exception>
    public string MakeToken(Actor actor, Account account, string name, Rights rights, TimeSpan lifetime)
    {
        ArgumentNullException.ThrowIfNull(account);
        if (name.Trim().Length is 0 or > 100 || name.Any(char.IsControl)) throw new AccessException("A token needs a name, 1 to 100 characters, that says what it is for.", AccessFault.TokenName);
        if (rights == Rights.None) throw new AccessException($"A token needs a right; there are {string.Join(", ", Roles.Each.Select(Roles.NameOf))}.", AccessFault.TokenRight, string.Join(", ", Roles.Each.Select(Roles.NameOf)));
        if ((rights & ~Roles.RightsOf(account.Roles)) is not Rights.None and var beyond) throw new AccessException($"{account.Name} has not the right {string.Join(", ", Roles.Each.Where(right => beyond.HasFlag(right)).Select(Roles.NameOf))} itself.", AccessFault.TokenBeyond, account.Name, string.Join(", ", Roles.Each.Where(right => beyond.HasFlag(right)).Select(Roles.NameOf)));
        if (lifetime < TimeSpan.FromMinutes(1) || lifetime > TimeSpan.FromDays(3_660)) throw new AccessException("A token lasts from a minute to ten years.", AccessFault.TokenLifetime);
        if (List(account.Name).Count(grant => grant.IsToken) >= TokensMax) throw new AccessException($"{account.Name} has {TokensMax} tokens; revoke some first.", AccessFault.TokensMany, account.Name, TokensMax);
        var (now, random) = (UnixMicros.Now(clock), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24)));
        var token = $"{TokenPrefix}{random}{CheckOf(random)}";
        database.Change(transaction =>
        {
            Insert(transaction, token, account.Name, name.Trim(), true, rights, now, now + Micros(lifetime), null, null);
            log.Write(transaction, actor, "token.add", $"{account.Name}/{name.Trim()}", null, $"\"{string.Join(' ', Roles.Each.Where(right => rights.HasFlag(right)).Select(Roles.NameOf))}\"");
        }, log);
        return token;
    }

    /// <summary>Sessions and tokens that hold, the newest first; of one account or of all.</summary>
    public IReadOnlyList<AccessGrant> List(string? account)
    {
        var now = UnixMicros.Now(clock);
        return database.Rows($"SELECT {Columns} FROM access_grant g JOIN account a ON a.name = g.account WHERE ($account IS NULL OR g.account = $account) AND expires > $now AND (token = 1 OR last_used > $idle) ORDER BY g.id DESC",
            GrantOf, ("$account", account), ("$now", now), ("$idle", now - Micros(options.SessionIdle)));
    }

    /// <summary>Ends a session or token at once.</summary>
    /// <param name="actor">Who ends it.</param>
    /// <param name="id">Its number.</param>
    /// <param name="account">Whose it must be; null for anybody's.</param>
    /// <exception cref="AccessException">There is none of that number.</exception>
    public void End(Actor actor, long id, string? account)
    {
        var found = database.Rows($"SELECT {Columns} FROM access_grant g JOIN account a ON a.name = g.account WHERE g.id = $id", GrantOf, ("$id", id));
        if (found is not [var grant] || (account is not null && !account.Equals(grant.Account, StringComparison.OrdinalIgnoreCase))) throw new AccessException($"There is no session or token {id}.", AccessFault.MissingGrant, id.ToString(CultureInfo.InvariantCulture));
        database.Change(transaction =>
        {
            database.Run(transaction, "DELETE FROM access_grant WHERE id = $id", ("$id", id));
            log.Write(transaction, actor, grant.IsToken ? "token.revoke" : "session.end", $"{grant.Account}/{grant.Name}", null, null);
        }, log);
        Forget(grant.Account);
    }

    /// <summary>Whom a secret stands for now; null where it holds no longer or never did.</summary>
    public Caller? Find(string secret, string from)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (secret.Length is < 20 or > 100 || (secret.StartsWith(TokenPrefix, StringComparison.Ordinal) && !IsWhole(secret))) return null;
        var hash = Convert.ToHexString(HashOf(secret));
        if (!_known.TryGetValue(hash, out var access))
        {
            var found = database.Rows($"SELECT {Columns}, a.roles, a.areas, a.disabled, a.must_change, a.created, a.last_sign_in FROM access_grant g JOIN account a ON a.name = g.account WHERE g.hash = $hash", row =>
            {
                var account = new Account(row.GetString(1), row.GetString(9).Split('\n', StringSplitOptions.RemoveEmptyEntries), row.GetString(10).Split('\n', StringSplitOptions.RemoveEmptyEntries),
                    row.GetBoolean(11), row.GetBoolean(12), row.GetInt64(13), row.IsDBNull(14) ? null : row.GetInt64(14));
                var grant = GrantOf(row);
                return new Caller(grant, account, account.IsDisabled || account.MustChangePassword ? Rights.None : grant.Rights & Roles.RightsOf(account.Roles));
            }, ("$hash", Convert.FromHexString(hash)));
            if (found is not [var one] || one.Account.IsDisabled) return null;
            if (_known.Count >= KnownMax) _known.Clear();
            _known[hash] = access = one;
        }
        var now = UnixMicros.Now(clock);
        if (access.Grant.Expires <= now || (!access.Grant.IsToken && access.Grant.LastUsed is { } used && used + Micros(options.SessionIdle) <= now))
        {
            _known.TryRemove(hash, out _);
            return null;
        }
        if (access.Grant.LastUsed is not { } last || now - last >= Micros(TimeSpan.FromMinutes(1)))
        {
            database.Run(null, "UPDATE access_grant SET last_used = $now, origin = $origin WHERE id = $id", ("$now", now), ("$origin", from), ("$id", access.Grant.Id));
            _known[hash] = access = access with { Grant = access.Grant with { LastUsed = now, From = from } };
        }
        return access;
    }

    /// <summary>Reads an account's sessions and tokens anew at their next use.</summary>
    internal void Forget(string account)
    {
        foreach (var (hash, access) in _known)
            if (access.Account.Name.Equals(account, StringComparison.OrdinalIgnoreCase)) _known.TryRemove(hash, out _);
    }

    internal void EndSessions(SqliteTransaction transaction, string account, long? keep = null) =>
        database.Run(transaction, "DELETE FROM access_grant WHERE account = $account AND token = 0 AND id IS NOT $keep", ("$account", account), ("$keep", keep));

    private void Insert(SqliteTransaction transaction, string secret, string account, string name, bool isToken, Rights rights, long created, long expires, long? used, string? from) =>
        database.Run(transaction, "INSERT INTO access_grant(hash, account, name, token, rights, created, expires, last_used, origin) VALUES($hash, $account, $name, $token, $rights, $created, $expires, $used, $origin)",
            ("$hash", HashOf(secret)), ("$account", account), ("$name", name), ("$token", isToken), ("$rights", (int)rights), ("$created", created), ("$expires", expires), ("$used", used), ("$origin", from));

    private static AccessGrant GrantOf(SqliteDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetString(2), (Rights)row.GetInt32(3), row.GetInt64(4), row.GetInt64(5),
        row.IsDBNull(6) ? null : row.GetInt64(6), row.IsDBNull(7) ? null : row.GetString(7), row.GetBoolean(8));

    /// <summary>The secrets are random and long; a fast hash is enough to keep them out of the file.</summary>
    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>By which a mistyped token, or one found in a public place, is told from other text without asking.</summary>
    private static string CheckOf(string random) => Base64Url.EncodeToString(Crc32.Hash(Encoding.ASCII.GetBytes(random)));

    private static bool IsWhole(string token) => token.Length > TokenPrefix.Length + 6 && CheckOf(token[TokenPrefix.Length..^6]) == token[^6..];

    private static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
