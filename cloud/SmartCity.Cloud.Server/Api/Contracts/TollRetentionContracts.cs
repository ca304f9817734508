namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>How many days after the end of a sealed period something is erased.</summary>
/// <param name="ImagesDays">References to images.</param>
/// <param name="PlatesDays">Plates and tags.</param>
/// <param name="KeysDays">Keys of the vault, and what receipts say.</param>
internal sealed record TollRetentionRules(int ImagesDays, int PlatesDays, int KeysDays);

/// <summary>A place where a plate can stand.</summary>
/// <param name="Place">Its name.</param>
/// <param name="Holds">What stands there.</param>
/// <param name="Rule">What the rules do there.</param>
internal sealed record TollPlatePlace(string Place, string Holds, string Rule);

/// <summary>One run of one rule.</summary>
/// <param name="Number">From 1; 0 where nothing was done, only looked at.</param>
/// <param name="At">When.</param>
/// <param name="By">Who ran it.</param>
/// <param name="Class"><c>images</c>, <c>plates</c>, <c>receipts</c> or <c>keys</c>.</param>
/// <param name="Through">Last business date that it reached; null where no period was old enough.</param>
/// <param name="Erased">How many were erased.</param>
/// <param name="Kept">How many were old enough and kept: unpaid, disputed, or still needed.</param>
internal sealed record TollRetentionRun(int Number, DateTimeOffset At, string By, string Class, DateOnly? Through, long Erased, long Kept);

/// <summary>The rules of retention, and what they come to.</summary>
/// <param name="Rules">The rules.</param>
/// <param name="Places">Every place where a plate can stand.</param>
/// <param name="Due">What a run would erase now.</param>
internal sealed record TollRetentionView(TollRetentionRules Rules, IReadOnlyList<TollPlatePlace> Places, IReadOnlyList<TollRetentionRun> Due);

/// <summary>A read of the vault: whose an account is.</summary>
/// <param name="Account">Ledger account of a plate, or its pseudonym.</param>
/// <param name="Reason">Why, 5 to 500 characters; it is written to the audit log.</param>
internal sealed record VaultRead(string? Account, string? Reason);

/// <summary>Whose an account is.</summary>
/// <param name="Account">The account that was asked for.</param>
/// <param name="Plate">The plate; null where no passage that is kept had it.</param>
internal sealed record VaultPlate(string Account, string? Plate);

/// <summary>A search of the vault: which accounts a plate had.</summary>
/// <param name="Plate">The plate, e.g. <c>12ب34567</c>.</param>
/// <param name="Reason">Why, 5 to 500 characters; it is written to the audit log.</param>
internal sealed record VaultSearch(string? Plate, string? Reason);

/// <summary>Which accounts a plate had.</summary>
/// <param name="Plate">The plate that was asked for.</param>
/// <param name="Accounts">Its accounts, month by month.</param>
internal sealed record VaultAccounts(string Plate, IReadOnlyList<string> Accounts);
