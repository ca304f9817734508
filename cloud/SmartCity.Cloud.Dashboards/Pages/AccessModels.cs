using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>The page of signing in.</summary>
/// <param name="Page">The request.</param>
/// <param name="Name">What was typed as the name.</param>
/// <param name="Return">Where to go afterwards; a path of this server.</param>
/// <param name="Error">Why the last attempt was refused, in words of the page's language.</param>
/// <param name="Provider">The city's provider; null where there is none.</param>
/// <param name="PasskeyOrigin">The one origin at which passkeys work; null where there is none.</param>
public sealed record SignInModel(PageContext Page, string? Name, string? Return, string? Error, ProviderModel? Provider = null, string? PasskeyOrigin = null);

/// <summary>The page of one's own account.</summary>
/// <param name="Page">The request.</param>
/// <param name="Account">One's account.</param>
/// <param name="Grants">One's sessions and tokens.</param>
/// <param name="Current">Number of the session that asks.</param>
/// <param name="Rights">Rights that a token may be given.</param>
/// <param name="OldError">What is wrong with the old password typed.</param>
/// <param name="NewError">What is wrong with the new one.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Error">What could not be done.</param>
/// <param name="Until">A last day of a token that was typed and is none.</param>
/// <param name="Passkeys">One's passkeys; null for whom they are not.</param>
/// <param name="IsExternal">Whether a provider vouches for the account, so that it has no password of its own.</param>
public sealed record AccountModel(PageContext Page, Account Account, IReadOnlyList<AccessGrant> Grants, long Current, Rights Rights, string? OldError = null, string? NewError = null, string? Notice = null, string? Error = null, DateInput? Until = null, PasskeysModel? Passkeys = null, bool IsExternal = false);

/// <summary>The page of people and rights.</summary>
/// <param name="Page">The request.</param>
/// <param name="Accounts">All accounts.</param>
/// <param name="External">Names of those that a provider vouches for.</param>
/// <param name="Grants">All sessions and tokens.</param>
/// <param name="Notice">What has just been done; a secret stands in it once.</param>
/// <param name="Error">What could not be done.</param>
public sealed record PeopleModel(PageContext Page, IReadOnlyList<Account> Accounts, IReadOnlySet<string> External, IReadOnlyList<AccessGrant> Grants, string? Notice = null, string? Error = null);

/// <summary>The page of the audit log.</summary>
/// <param name="Page">The request.</param>
/// <param name="Entries">Rows, the newest first.</param>
/// <param name="Next">Address of older ones.</param>
/// <param name="Check">What a check found, where one was asked for.</param>
/// <param name="Dates">The days whose rows are shown.</param>
public sealed record AuditLogModel(PageContext Page, IReadOnlyList<AuditEntry> Entries, string? Next, AuditCheck? Check, DateRange Dates);
