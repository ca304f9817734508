using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Identity;

/// <summary>Why somebody whom the provider vouches for is refused.</summary>
public enum ExternalRefusal
{
    /// <summary>No role follows from the claims.</summary>
    Role,
    /// <summary>No area follows from the claims, and one is needed.</summary>
    Area,
    /// <summary>An administrator has disabled the account.</summary>
    Disabled,
}

/// <summary>How the sign-in of somebody whom the provider vouches for went.</summary>
/// <param name="Account">The account; null where there is none yet.</param>
/// <param name="Refusal">Why nobody has signed in; null where somebody has.</param>
/// <param name="IsAdministratorKept">Whether the provider would have taken away the last administrator, and the role was kept.</param>
public sealed record ExternalOutcome(Account? Account, ExternalRefusal? Refusal, bool IsAdministratorKept);

/// <summary>
/// Which account belongs to which person of a provider. An account is made at the first sign-in and never taken over by its name: whoever may choose a name at the
/// provider would choose that of an administrator here. Its roles are the provider's, put anew at each sign-in.
/// </summary>
public sealed class ExternalLogins(IdentityDatabase database, AuditLog log, Accounts accounts, AccessGrants grants, TimeProvider clock)
{
    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS external_login(issuer TEXT NOT NULL, subject TEXT NOT NULL, account TEXT NOT NULL COLLATE NOCASE, created INTEGER NOT NULL, PRIMARY KEY(issuer, subject)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS external_login_account ON external_login(account);
        """;
    private const int NameMax = 56;
    /// <summary>Who acts in the audit log and is no account.</summary>
    private static readonly string[] _actors = ["console", "system", "nobody"];

    /// <summary>Whether an account belongs to a person of a provider.</summary>
    public bool Has(string account) => Has(database, account);

    /// <summary>The accounts that belong to persons of a provider.</summary>
    public IReadOnlySet<string> All => database.Rows("SELECT account FROM external_login", row => row.GetString(0)).ToHashSet(StringComparer.OrdinalIgnoreCase);

    internal static bool Has(IdentityDatabase database, string account) => database.Rows("SELECT 1 FROM external_login WHERE account = $account LIMIT 1", _ => 0, ("$account", account)).Count > 0;

    /// <summary>Finds or makes the account of a person, and gives it the roles and areas that the provider says, and notes the sign-in. One transaction with its rows in the audit log.</summary>
    /// <param name="person">Whom the provider vouches for.</param>
    /// <param name="from">Address of the browser.</param>
    /// <exception cref="AccessException">An area cannot be used.</exception>
    /// <exception cref="SqliteException">It cannot be written; nobody has signed in.</exception>
    public ExternalOutcome SignIn(ExternalPerson person, string from)
    {
        ArgumentNullException.ThrowIfNull(person);
        var actor = new Actor(person.Issuer, from);
        ExternalOutcome outcome = null!;
        database.Change(transaction => outcome = SignIn(transaction, actor, person), log);
        if (outcome.Account is { } account) grants.Forget(account.Name);
        return outcome;
    }

    private ExternalOutcome SignIn(SqliteTransaction transaction, Actor actor, ExternalPerson person)
    {
        var account = database.Rows(transaction, "SELECT account FROM external_login WHERE issuer = $issuer AND subject = $subject", row => row.GetString(0), ("$issuer", person.Issuer), ("$subject", person.Subject)) is [var name]
            ? accounts.Find(transaction, name) : null;
        if (account?.IsDisabled == true) return Refuse(ExternalRefusal.Disabled, false);
        ExternalRefusal? refusal = person.Roles.Count == 0 ? ExternalRefusal.Role : person.Areas is null ? ExternalRefusal.Area : null;
        if (account is null && refusal is { } reason) return Refuse(reason, false);
        if (account is null) return Enter(Make(transaction, actor, person), false);

        // Whoever has lost the roles at the provider has lost them here: in sessions and tokens too, not only at this door.
        var (roles, areas) = refusal is null ? (person.Roles, person.Areas!) : ([], []);
        var isKept = !(roles.Contains(Roles.Administrator) && areas.Count == 0) && accounts.IsLastAdministrator(transaction, account);
        if (isKept)
        {
            log.Write(transaction, actor, "account.administrator-kept", account.Name, null, JsonSerializer.Serialize(new { roles, areas }));
            (roles, areas) = ([.. Roles.All.Where(role => role == Roles.Administrator || roles.Contains(role))], []);
        }
        if (!Same(roles, account.Roles) || !Same(areas, account.Areas)) accounts.Put(transaction, actor, account, roles, areas);
        // Whoever comes by the provider needs no secret of an administrator's; left alone it would bar the way until it is used.
        if (refusal is null && account.MustChangePassword) accounts.EndSecret(transaction, actor, account.Name);
        if (refusal is null) return Enter(account.Name, isKept);
        grants.EndSessions(transaction, account.Name);
        return Refuse(refusal.Value, isKept);

        ExternalOutcome Enter(string who, bool kept)
        {
            accounts.SignedIn(transaction, actor with { Name = who }, JsonSerializer.Serialize(new { issuer = person.Issuer }));
            return new ExternalOutcome(accounts.Find(transaction, who), null, kept);
        }

        ExternalOutcome Refuse(ExternalRefusal why, bool kept)
        {
            log.Write(transaction, actor, "sign-in.refused", account?.Name ?? "(no such account)", null, JsonSerializer.Serialize(new { subject = person.Subject, reason = why.ToString().ToLowerInvariant() }));
            return new ExternalOutcome(account, why, kept);
        }
    }

    private string Make(SqliteTransaction transaction, Actor actor, ExternalPerson person)
    {
        var name = FreeName(transaction, person.Name);
        accounts.AddWithoutPassword(transaction, actor, name, person.Roles, person.Areas!);
        database.Run(transaction, "INSERT OR REPLACE INTO external_login VALUES($issuer, $subject, $account, $now)", ("$issuer", person.Issuer), ("$subject", person.Subject), ("$account", name), ("$now", UnixMicros.Now(clock)));
        log.Write(transaction, actor, "account.link", name, null, JsonSerializer.Serialize(new { issuer = person.Issuer, subject = person.Subject }));
        return name;
    }

    /// <summary>The name as the provider has it, as far as it can be an account's; with a number behind it where somebody has it here.</summary>
    private string FreeName(SqliteTransaction transaction, string wanted)
    {
        var usable = string.Concat(string.Concat(wanted.EnumerateRunes()).Normalize().EnumerateRunes().Select(rune => PasswordRules.CanBeInName(rune) ? rune.ToString() : "-")).Trim('-', '.');
        if (usable.Length > NameMax) usable = usable[..(char.IsHighSurrogate(usable[NameMax - 1]) ? NameMax - 1 : NameMax)];
        if (usable.Length == 0) usable = "person";
        var names = Enumerable.Range(2, int.MaxValue - 2).Select(number => string.Create(CultureInfo.InvariantCulture, $"{usable}-{number}")).Prepend(usable);
        return names.First(name => !_actors.Contains(name, StringComparer.OrdinalIgnoreCase) && accounts.Find(transaction, name) is null);
    }

    private static bool Same(IReadOnlyList<string> one, IReadOnlyList<string> other) => one.Count == other.Count && one.All(other.Contains);
}
