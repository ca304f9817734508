namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>What an entry of the ledger says. Everything else that is stored follows from the entries.</summary>
public abstract record LedgerEvent;

/// <summary>An account was opened.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Limit">What its balance may become.</param>
public sealed record AccountOpened(int Number, string Name, AccountLimit Limit) : LedgerEvent;

/// <summary>A transfer was posted.</summary>
/// <param name="Period">The period that it is booked in.</param>
/// <param name="ChainFirst">Number of the first entry of its chain.</param>
/// <param name="ChainCount">Transfers in its chain.</param>
/// <param name="Transfer">The transfer.</param>
public sealed record TransferPosted(int Period, long ChainFirst, int ChainCount, Transfer Transfer) : LedgerEvent;

/// <summary>A period was opened.</summary>
/// <param name="Period">Its number.</param>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
/// <param name="By">Who did.</param>
public sealed record PeriodOpened(int Period, DateOnly From, DateOnly To, string By) : LedgerEvent;

/// <summary>A period began to close.</summary>
/// <param name="Period">Its number.</param>
/// <param name="By">Who did.</param>
public sealed record PeriodClosing(int Period, string By) : LedgerEvent;

/// <summary>A closing period was opened again, since its verification failed.</summary>
/// <param name="Period">Its number.</param>
/// <param name="By">Who did.</param>
/// <param name="Failure">What failed.</param>
public sealed record PeriodReopened(int Period, string By, string Failure) : LedgerEvent;

/// <summary>A period was sealed. The seal's hash is over this event's bytes.</summary>
/// <param name="Period">Its number.</param>
/// <param name="Watermark">The date up to which everything was in.</param>
/// <param name="SignedBy">Who signed first.</param>
/// <param name="CountersignedBy">Who signed second.</param>
/// <param name="Head">The log's last entry before the seal.</param>
/// <param name="HeadHash">Its hash, lower-case hexadecimal.</param>
/// <param name="TrialBalance">SHA-256 over the closing trial balance, lower-case hexadecimal.</param>
/// <param name="Registry">SHA-256 over the accounts that are open, lower-case hexadecimal.</param>
/// <param name="PreviousSeal">Hash of the seal of the period before; zeros before the first.</param>
public sealed record PeriodSealed(
    int Period, DateOnly Watermark, string SignedBy, string CountersignedBy, long Head, string HeadHash, string TrialBalance, string Registry, string PreviousSeal) : LedgerEvent;

/// <summary>One entry.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="PostedAt">When it was written, µs since 1970 UTC.</param>
/// <param name="Event">What it says.</param>
/// <param name="Hash">SHA-256 over the hash before and the entry's bytes (<see cref="LedgerBytes"/>), lower-case hexadecimal.</param>
public sealed record LedgerEntry(long Number, long PostedAt, LedgerEvent Event, string Hash);
