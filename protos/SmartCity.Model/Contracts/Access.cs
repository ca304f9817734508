using System.Text.Json.Serialization;

namespace SmartCity.Model.Contracts;

/// <summary>What somebody may do. A route asks for one of them. In JSON an array of names.</summary>
[Flags]
[JsonConverter(typeof(RightsJson))]
public enum Rights
{
    /// <summary>Nothing but signing in and one's own account.</summary>
    None = 0,
    /// <summary>See devices, readings, live values, gaps and the books.</summary>
    Read = 1,
    /// <summary>Act on the running city: dead letters, alarms, imports of readings.</summary>
    Operate = 2,
    /// <summary>Enter and change device models, sites, devices and gateways.</summary>
    Fleet = 4,
    /// <summary>See tolls: passages, charges, postings.</summary>
    TollRead = 8,
    /// <summary>Change what tolls are made of and close periods.</summary>
    TollManage = 16,
    /// <summary>Accounts, tokens, sessions and the audit log.</summary>
    Administer = 32,
    /// <summary>Every one of them.</summary>
    All = Read | Operate | Fleet | TollRead | TollManage | Administer,
}

/// <summary>The roles that an account may have, and what each may do.</summary>
public static class Roles
{
    /// <summary>Watches the city and acts on it.</summary>
    public const string Operator = "operator";
    /// <summary>Sees tolls and changes nothing.</summary>
    public const string TollAuditor = "toll auditor";
    /// <summary>Runs tolls.</summary>
    public const string TollManager = "toll manager";
    /// <summary>Provisions gateways and devices.</summary>
    public const string Installer = "installer";
    /// <summary>Accounts and rights. Money is not among them: whoever gives rights does not post charges.</summary>
    public const string Administrator = "administrator";

    /// <summary>All roles.</summary>
    public static IReadOnlyList<string> All { get; } = [Operator, TollAuditor, TollManager, Installer, Administrator];

    /// <summary>What a role may do; nothing where there is no such role.</summary>
    public static Rights RightsOf(string role) => role switch
    {
        Operator => Rights.Read | Rights.Operate,
        TollAuditor => Rights.Read | Rights.TollRead,
        TollManager => Rights.Read | Rights.TollRead | Rights.TollManage,
        Installer => Rights.Read | Rights.Fleet,
        Administrator => Rights.Read | Rights.Operate | Rights.Fleet | Rights.Administer,
        _ => Rights.None,
    };

    /// <summary>What all of some roles together may do.</summary>
    public static Rights RightsOf(IEnumerable<string> roles)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return roles.Aggregate(Rights.None, (rights, role) => rights | RightsOf(role));
    }

    /// <summary>The name of a right in tokens, lists and messages, e.g. <c>toll-read</c>.</summary>
    public static string NameOf(Rights right) => right switch
    {
        Rights.TollRead => "toll-read",
        Rights.TollManage => "toll-manage",
        _ => right.ToString().ToLowerInvariant(),
    };

    /// <summary>Each right by itself.</summary>
    public static IReadOnlyList<Rights> Each { get; } = [Rights.Read, Rights.Operate, Rights.Fleet, Rights.TollRead, Rights.TollManage, Rights.Administer];
}

/// <summary>An account as a person sees it; nothing in it is a secret.</summary>
/// <param name="Name">Its name: 1–64 characters, unique without regard to case.</param>
/// <param name="Roles">Some of <see cref="Contracts.Roles.All"/>.</param>
/// <param name="Areas">Districts and corridors it is bound to, with all that lies under them; empty = the whole city.</param>
/// <param name="IsDisabled">Whether it may not sign in.</param>
/// <param name="MustChangePassword">Whether its password was given by another and serves for one sign-in.</param>
/// <param name="Created">µs since 1970 UTC.</param>
/// <param name="LastSignIn">µs since 1970 UTC; null where it never has.</param>
public sealed record Account(string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Areas, bool IsDisabled, bool MustChangePassword, long Created, long? LastSignIn);

/// <summary>A session or token as a person sees it.</summary>
/// <param name="Id">Public number by which it is ended.</param>
/// <param name="Account">Whose.</param>
/// <param name="Name">Of a session the browser, of a token what it was called.</param>
/// <param name="Rights">What it may do.</param>
/// <param name="Created">µs since 1970 UTC.</param>
/// <param name="Expires">µs since 1970 UTC.</param>
/// <param name="LastUsed">µs since 1970 UTC, to the minute; null where it was not used yet.</param>
/// <param name="From">Address that it was last used from.</param>
/// <param name="IsToken">Whether it is a token.</param>
public sealed record AccessGrant(long Id, string Account, string Name, Rights Rights, long Created, long Expires, long? LastUsed, string? From, bool IsToken);

/// <summary>One row of the audit log.</summary>
/// <param name="Number">From 1, without a gap.</param>
/// <param name="At">µs since 1970 UTC.</param>
/// <param name="Who">Account, or what else acted, e.g. <c>console</c>.</param>
/// <param name="From">Address or way that it came by.</param>
/// <param name="Action">What was done, e.g. <c>account.add</c>.</param>
/// <param name="Subject">What it was done to.</param>
/// <param name="Before">What was so before, JSON; null where nothing was.</param>
/// <param name="After">What was so afterwards, JSON; null where nothing is.</param>
/// <param name="Hash">SHA-256 over the hash of the row before and all of the above, hex.</param>
public sealed record AuditEntry(long Number, long At, string Who, string From, string Action, string Subject, string? Before, string? After, string Hash);

/// <summary>What a check of the whole audit log found.</summary>
/// <param name="Rows">Rows looked at.</param>
/// <param name="FirstBroken">Number of the first row that is not as it was written, or that is missing; null where all are.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record AuditCheck(long Rows, long? FirstBroken, string? Reason);

/// <summary>Reads the log of who changed what.</summary>
public interface IAuditLog
{
    /// <summary>Rows below a number, the newest first.</summary>
    /// <param name="before">Number; null for the newest.</param>
    /// <param name="limit">Most rows, from 1.</param>
    /// <param name="from">Rows written at or after this, µs since 1970 UTC; null for all.</param>
    /// <param name="to">Rows written before this, µs since 1970 UTC; null for all.</param>
    IReadOnlyList<AuditEntry> Read(long? before, int limit, long? from = null, long? to = null);

    /// <summary>Reads every row and follows the chain.</summary>
    AuditCheck Verify();
}
