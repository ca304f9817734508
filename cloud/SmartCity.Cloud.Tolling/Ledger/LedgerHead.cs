namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>Where the ledger ends. Its hash, kept elsewhere, proves that nothing before was changed.</summary>
/// <param name="Number">Number of the last entry; 0 for none.</param>
/// <param name="Hash">Hash of the last entry, lower-case hexadecimal.</param>
/// <param name="Accounts">Accounts opened.</param>
/// <param name="Debits">Sum of all debits, minor units.</param>
/// <param name="Credits">Sum of all credits; always equal to the debits.</param>
public sealed record LedgerHead(long Number, string Hash, int Accounts, long Debits, long Credits);

/// <summary>Which entries to read.</summary>
/// <param name="After">Entries above this number.</param>
/// <param name="Limit">At most so many, 1–10,000.</param>
/// <param name="Account">Only transfers of this account.</param>
/// <param name="Charge">Only transfers of this charge.</param>
public sealed record EntryQuery(long After = 0, int Limit = 1000, string? Account = null, string? Charge = null);

/// <summary>What a verification found.</summary>
/// <param name="Entries">Entries that were found to be as written.</param>
/// <param name="Hash">Hash of the last of them.</param>
/// <param name="Fault">The first thing that is not as written; null where all is.</param>
public sealed record LedgerCheck(long Entries, string Hash, LedgerFault? Fault);

/// <summary>The first row that is not as it was written.</summary>
/// <param name="Row">The table and the row in it, for people.</param>
/// <param name="Entry">The entry that is changed, or the last one that made the row.</param>
/// <param name="Day">The business date of that entry; null where it has none or it cannot be read.</param>
/// <param name="Lane">The lane of that entry; null where it has none or it cannot be read.</param>
/// <param name="Message">What is wrong.</param>
public sealed record LedgerFault(string Row, long Entry, DateOnly? Day, string? Lane, string Message);
