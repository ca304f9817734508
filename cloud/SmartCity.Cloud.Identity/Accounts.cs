using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Identity;

/// <summary>Accounts of the city's own. Every change is one transaction with its row in the audit log.</summary>
public sealed class Accounts : IDisposable
{
    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS account(name TEXT PRIMARY KEY COLLATE NOCASE, password TEXT NOT NULL, roles TEXT NOT NULL, areas TEXT NOT NULL, disabled INTEGER NOT NULL, must_change INTEGER NOT NULL, created INTEGER NOT NULL, last_sign_in INTEGER);
        """;
    private const string Columns = "name, roles, areas, disabled, must_change, created, last_sign_in";
    /// <summary>The account that the first start makes.</summary>
    public const string First = "admin";

    private readonly IdentityDatabase _database;
    private readonly AuditLog _log;
    private readonly AccessGrants _grants;
    private readonly TimeProvider _clock;
    private readonly IPasswordHasher<string> _hasher;
    private readonly string _nobody;
    private readonly SemaphoreSlim _hashing = new(Math.Max(1, Environment.ProcessorCount - 1));
    private int _waiting;

    /// <summary>Makes the accounts of a database.</summary>
    public Accounts(IdentityDatabase database, AuditLog log, AccessGrants grants, AccessOptions options, TimeProvider clock)
        : this(database, log, grants, new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = options.PasswordRounds })), clock)
    {
        // All is done there.
    }

    internal Accounts(IdentityDatabase database, AuditLog log, AccessGrants grants, IPasswordHasher<string> hasher, TimeProvider clock)
    {
        (_database, _log, _grants, _hasher, _clock) = (database, log, grants, hasher, clock);
        // Whoever names no account waits as long as who names one.
        _nobody = _hasher.HashPassword("", Secret());
    }

    /// <summary>All accounts by name.</summary>
    public IReadOnlyList<Account> All => _database.Rows($"SELECT {Columns} FROM account ORDER BY name", AccountOf);

    /// <summary>One account, or null.</summary>
    public Account? Find(string name) => _database.Rows($"SELECT {Columns} FROM account WHERE name = $name", AccountOf, ("$name", name)) is [var account] ? account : null;

    /// <summary>Makes the first administrator where there is no account at all.</summary>
    /// <returns>The secret for the one sign-in in which a password is chosen; null where there are accounts.</returns>
    public string? MakeFirst() => _database.Rows("SELECT 1 FROM account LIMIT 1", _ => 0).Count > 0 ? null : Add(Actor.System, First, [Roles.Administrator], []);

    /// <summary>Adds an account.</summary>
    /// <returns>The secret for the one sign-in in which its owner chooses a password.</returns>
    /// <exception cref="AccessException">The name, a role or an area cannot be used, or the name is taken.</exception>
    public string Add(Actor actor, string name, IReadOnlyList<string> roles, IReadOnlyList<string> areas)
    {
        PasswordRules.CheckName(name);
        CheckRoles(roles);
        CheckAreas(areas);
        if (Find(name) is not null) throw new AccessException($"There is an account {name} already.", AccessFault.NameTaken, name);
        var secret = Secret();
        var hash = _hasher.HashPassword(name, secret);
        _database.Change(transaction => Insert(transaction, actor, name, hash, true, roles, areas), _log);
        return secret;
    }

    /// <summary>Changes roles and areas; sessions and tokens have the new ones at once.</summary>
    /// <exception cref="AccessException">There is no such account, a role or area cannot be used, or no administrator would be left.</exception>
    public void SetRoles(Actor actor, string name, IReadOnlyList<string> roles, IReadOnlyList<string> areas)
    {
        CheckRoles(roles);
        CheckAreas(areas);
        var account = Known(name);
        if (!roles.Contains(Roles.Administrator) || areas.Count > 0) CheckOtherAdministrator(account);
        _database.Change(transaction => Put(transaction, actor, account, roles, areas), _log);
        _grants.Forget(account.Name);
    }

    /// <summary>Locks an account out, or lets it in again. Its sessions end; its tokens do nothing meanwhile.</summary>
    /// <exception cref="AccessException">There is no such account, or no administrator would be left.</exception>
    public void SetDisabled(Actor actor, string name, bool isDisabled)
    {
        var account = Known(name);
        if (isDisabled) CheckOtherAdministrator(account);
        _database.Change(transaction =>
        {
            _database.Run(transaction, "UPDATE account SET disabled = $disabled WHERE name = $name", ("$disabled", isDisabled), ("$name", name));
            if (isDisabled) _grants.EndSessions(transaction, account.Name);
            _log.Write(transaction, actor, isDisabled ? "account.disable" : "account.enable", account.Name, null, null);
        }, _log);
        _grants.Forget(account.Name);
    }

    /// <summary>Gives an account a new secret for one sign-in; its old password, its passkeys and its sessions end, so that whoever else held one is out.</summary>
    /// <returns>The secret.</returns>
    /// <exception cref="AccessException">There is no such account.</exception>
    public string Reset(Actor actor, string name)
    {
        var account = Known(name);
        var secret = Secret();
        var hash = _hasher.HashPassword(account.Name, secret);
        _database.Change(transaction =>
        {
            _database.Run(transaction, "UPDATE account SET password = $password, must_change = 1 WHERE name = $name", ("$password", hash), ("$name", name));
            _grants.EndSessions(transaction, account.Name);
            Passkeys.RemoveAll(_database, transaction, _log, actor, account.Name);
            _log.Write(transaction, actor, "account.reset", account.Name, null, null);
        }, _log);
        _grants.Forget(account.Name);
        return secret;
    }

    /// <summary>Changes one's own password; the other sessions of the account end.</summary>
    /// <exception cref="AccessException">The old one is wrong or the new one cannot be used.</exception>
    public async Task ChangePasswordAsync(Actor actor, string name, string old, string chosen, long? keepSession, CancellationToken cancellationToken)
    {
        PasswordRules.Check(name, chosen);
        if (old == chosen) throw new AccessException("The new password is the old one.", AccessFault.PasswordSame);
        if (await CheckAsync(name, old, cancellationToken).ConfigureAwait(false) is null) throw new AccessException("The old password is not right.", AccessFault.PasswordWrong);
        var hash = await HashedAsync(() => _hasher.HashPassword(name, chosen), cancellationToken).ConfigureAwait(false);
        _database.Change(transaction =>
        {
            _database.Run(transaction, "UPDATE account SET password = $password, must_change = 0 WHERE name = $name", ("$password", hash), ("$name", name));
            _grants.EndSessions(transaction, name, keepSession);
            _log.Write(transaction, actor, "account.password", name, null, null);
        }, _log);
        _grants.Forget(name);
    }

    /// <summary>Gives a password to an account that has none; its other sessions end.</summary>
    /// <exception cref="AccessException">It cannot be used.</exception>
    public async Task ChoosePasswordAsync(Actor actor, string name, string chosen, long? keepSession, CancellationToken cancellationToken)
    {
        PasswordRules.Check(name, chosen);
        var hash = await HashedAsync(() => _hasher.HashPassword(name, chosen), cancellationToken).ConfigureAwait(false);
        _database.Change(transaction =>
        {
            Passkeys.SetOnlyWay(_database, transaction, name, false);
            _database.Run(transaction, "UPDATE account SET password = $password WHERE name = $name", ("$password", hash), ("$name", name));
            _grants.EndSessions(transaction, name, keepSession);
            _log.Write(transaction, actor, "account.password", name, null, null);
        }, _log);
        _grants.Forget(name);
    }

    /// <summary>Takes the password away; passkeys are the only way in from then on.</summary>
    /// <exception cref="AccessException">There is no such account, or it has no passkey.</exception>
    public void RemovePassword(Actor actor, string name)
    {
        var account = Known(name);
        _database.Change(transaction =>
        {
            Passkeys.SetOnlyWay(_database, transaction, account.Name, true);
            // The hash of a secret that nobody has been told: a guess takes as long as with any other account.
            _database.Run(transaction, "UPDATE account SET password = $password, must_change = 0 WHERE name = $name", ("$password", _nobody), ("$name", account.Name));
            _log.Write(transaction, actor, "account.password-removed", account.Name, null, null);
        }, _log);
        _grants.Forget(account.Name);
    }

    /// <summary>Checks a password. Takes the same time whether there is such an account or not.</summary>
    /// <returns>The account; null where name or password is wrong or the account is disabled.</returns>
    /// <exception cref="AccessException">Too many are waiting to be checked.</exception>
    public async Task<Account?> CheckAsync(string name, string password, CancellationToken cancellationToken)
    {
        var found = _database.Rows($"SELECT {Columns}, password FROM account WHERE name = $name", row => (Account: AccountOf(row), Hash: row.GetString(7)), ("$name", name));
        var (account, hash) = found is [var one] ? one : (null, _nobody);
        // A hash over megabytes would be a way to keep the server busy.
        var tried = password.Length > PasswordRules.LengthMax ? "" : password;
        var result = await HashedAsync(() => _hasher.VerifyHashedPassword(name, hash, tried), cancellationToken).ConfigureAwait(false);
        if (account is null || account.IsDisabled || result == PasswordVerificationResult.Failed || tried.Length == 0) return null;
        if (result == PasswordVerificationResult.SuccessRehashNeeded)
        {
            var renewed = await HashedAsync(() => _hasher.HashPassword(account.Name, password), cancellationToken).ConfigureAwait(false);
            _database.Run(null, "UPDATE account SET password = $new WHERE name = $name AND password = $old", ("$new", renewed), ("$name", account.Name), ("$old", hash));
        }
        return account;
    }

    /// <summary>Notes a sign-in in the log and with the account.</summary>
    public void SignedIn(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        _database.Change(transaction => SignedIn(transaction, actor, null), _log);
    }

    internal void SignedIn(SqliteTransaction transaction, Actor actor, string? by)
    {
        _database.Run(transaction, "UPDATE account SET last_sign_in = $now WHERE name = $name", ("$now", UnixMicros.Now(_clock)), ("$name", actor.Name));
        _log.Write(transaction, actor, "sign-in", actor.Name, null, by);
    }

    internal Account? Find(SqliteTransaction transaction, string name) => _database.Rows(transaction, $"SELECT {Columns} FROM account WHERE name = $name", AccountOf, ("$name", name)) is [var account] ? account : null;

    /// <summary>Adds an account into which no password leads; an administrator may give it one with <see cref="Reset"/>.</summary>
    internal void AddWithoutPassword(SqliteTransaction transaction, Actor actor, string name, IReadOnlyList<string> roles, IReadOnlyList<string> areas)
    {
        CheckRoles(roles);
        CheckAreas(areas);
        // The hash of a secret that nobody has been told: a guess takes as long as with any other account.
        Insert(transaction, actor, name, _nobody, false, roles, areas);
    }

    /// <summary>Ends a secret for one sign-in that was not used; no password leads into the account then.</summary>
    internal void EndSecret(SqliteTransaction transaction, Actor actor, string name)
    {
        _database.Run(transaction, "UPDATE account SET password = $password, must_change = 0 WHERE name = $name", ("$password", _nobody), ("$name", name));
        _log.Write(transaction, actor, "account.reset-ended", name, null, null);
    }

    /// <summary>Writes roles and areas; whoever calls forgets the grants afterwards.</summary>
    internal void Put(SqliteTransaction transaction, Actor actor, Account account, IReadOnlyList<string> roles, IReadOnlyList<string> areas)
    {
        CheckAreas(areas);
        _database.Run(transaction, "UPDATE account SET roles = $roles, areas = $areas WHERE name = $name", ("$roles", Joined(roles)), ("$areas", Joined(areas)), ("$name", account.Name));
        _log.Write(transaction, actor, "account.roles", account.Name, JsonOf(account.Roles, account.Areas, account.IsDisabled), JsonOf(roles, areas, account.IsDisabled));
    }

    /// <summary>Whether there would be no administrator of the whole city without this one.</summary>
    internal bool IsLastAdministrator(SqliteTransaction? transaction, Account account)
    {
        return IsWholeAdministrator(account) && !_database.Rows(transaction, $"SELECT {Columns} FROM account", AccountOf).Any(other => other.Name != account.Name && IsWholeAdministrator(other));

        static bool IsWholeAdministrator(Account one) => !one.IsDisabled && one.Areas.Count == 0 && one.Roles.Contains(Roles.Administrator);
    }

    /// <inheritdoc/>
    public void Dispose() => _hashing.Dispose();

    /// <summary>Hashing is slow on purpose; a few at once, and no long queue before them.</summary>
    private async Task<T> HashedAsync<T>(Func<T> hash, CancellationToken cancellationToken)
    {
        const int waitingMax = 100;
        if (Interlocked.Increment(ref _waiting) > waitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw new AccessException("Too many are signing in at once. Try again in a few seconds.", AccessFault.Busy);
        }
        try
        {
            await _hashing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await Task.Run(hash, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _hashing.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private void Insert(SqliteTransaction transaction, Actor actor, string name, string hash, bool mustChange, IReadOnlyList<string> roles, IReadOnlyList<string> areas)
    {
        _database.Run(transaction, "INSERT INTO account VALUES($name, $password, $roles, $areas, 0, $must, $now, NULL)",
            ("$name", name), ("$password", hash), ("$roles", Joined(roles)), ("$areas", Joined(areas)), ("$must", mustChange), ("$now", UnixMicros.Now(_clock)));
        _log.Write(transaction, actor, "account.add", name, null, JsonOf(roles, areas, false));
    }

    private Account Known(string name) => Find(name) ?? throw new AccessException($"There is no account {name}.", AccessFault.Missing, name);

    private void CheckOtherAdministrator(Account account)
    {
        if (IsLastAdministrator(null, account)) throw new AccessException($"{account.Name} is the last administrator; make another one first.", AccessFault.LastAdministrator, account.Name);
    }

    private static void CheckRoles(IReadOnlyList<string> roles)
    {
        ArgumentNullException.ThrowIfNull(roles);
        if (roles.Count == 0) throw new AccessException($"A role is needed; there are {string.Join(", ", Roles.All)}.", AccessFault.RoleNeeded, string.Join(", ", Roles.All));
        if (roles.FirstOrDefault(role => !Roles.All.Contains(role)) is { } unknown) throw new AccessException($"There is no role {unknown}; there are {string.Join(", ", Roles.All)}.", AccessFault.RoleUnknown, unknown, string.Join(", ", Roles.All));
    }

    private static void CheckAreas(IReadOnlyList<string> areas)
    {
        ArgumentNullException.ThrowIfNull(areas);
        if (areas.FirstOrDefault(area => area.Length is 0 or > 128 || area.Contains('\n', StringComparison.Ordinal)) is { } wrong) throw new AccessException($"\"{wrong}\" is no area; a district or corridor of the registry is, 1 to 128 characters.", AccessFault.AreaWrong, wrong);
    }

    /// <summary>80 bits in letters and digits that are not mistaken for one another.</summary>
    private static string Secret() => string.Join('-', Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString("23456789abcdefghjkmnpqrstuvwxyz", 4)));

    private static string Joined(IReadOnlyList<string> parts) => string.Join('\n', parts);
    private static string[] Split(string joined) => joined.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    private static string JsonOf(IReadOnlyList<string> roles, IReadOnlyList<string> areas, bool isDisabled) => JsonSerializer.Serialize(new { roles, areas, disabled = isDisabled });

    private static Account AccountOf(SqliteDataReader row) =>
        new(row.GetString(0), Split(row.GetString(1)), Split(row.GetString(2)), row.GetBoolean(3), row.GetBoolean(4), row.GetInt64(5), row.IsDBNull(6) ? null : row.GetInt64(6));
}
