using System.Text.Json;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>Name and password.</summary>
/// <param name="Name">Name of the account.</param>
/// <param name="Password">Its password, or the secret for its first sign-in.</param>
internal sealed record Credentials(string? Name, string? Password);

/// <summary>A change of one's own password.</summary>
/// <param name="Old">The one until now.</param>
/// <param name="New">The one from now on, 12 to 256 characters.</param>
internal sealed record NewPassword(string? Old, string? New);

/// <summary>A token to be made.</summary>
/// <param name="Name">What it is for, 1–100 characters.</param>
/// <param name="Rights">What it may do: some of its account's rights.</param>
/// <param name="Days">Days that it holds, 1–3,660; 90 where left out.</param>
internal sealed record NewToken(string? Name, IReadOnlyList<string>? Rights, int? Days = null);

/// <summary>An account to be added, or its roles and areas to be changed.</summary>
/// <param name="Name">1–64 letters, digits and . _ - @; left out where the address names it.</param>
/// <param name="Roles">At least one role.</param>
/// <param name="Areas">Districts and corridors it is bound to; none = the whole city.</param>
internal sealed record NewAccount(string? Name, IReadOnlyList<string>? Roles, IReadOnlyList<string>? Areas = null);

/// <summary>A token as it is shown once.</summary>
/// <param name="Token">Sent as <c>Authorization: Bearer</c>.</param>
internal sealed record MadeToken(string Token);

/// <summary>A secret for one sign-in, shown once.</summary>
/// <param name="Secret">In which a password is chosen.</param>
internal sealed record MadeSecret(string Secret);

/// <summary>What became of a change of an account: a new secret, or the account as it is now.</summary>
/// <param name="Secret">For one sign-in; where it was reset.</param>
/// <param name="Account">Where it was disabled or enabled.</param>
internal sealed record ChangedAccount(string? Secret = null, Account? Account = null);

/// <summary>Who one is and what one may do.</summary>
/// <param name="Name">Account, or null where nobody is signed in.</param>
/// <param name="Account">The account; null for the console and for nobody.</param>
/// <param name="Rights">Names of rights.</param>
internal sealed record OwnAccount(string? Name, Account? Account, IReadOnlyList<string> Rights);

/// <summary>A passkey as the browser answers for it.</summary>
/// <param name="Name">What its owner calls it, where it is made.</param>
/// <param name="Credential">The browser's own JSON of a public key credential.</param>
internal sealed record PasskeyAnswer(string? Name, JsonElement Credential);

/// <summary>A name for a passkey.</summary>
/// <param name="Name">1–100 characters.</param>
internal sealed record PasskeyName(string? Name);
