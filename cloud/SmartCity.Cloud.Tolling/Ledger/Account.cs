namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>What an account's balance may become.</summary>
public enum AccountLimit
{
    /// <summary>Anything.</summary>
    None = 0,
    /// <summary>Never below zero on the side it grows on, judged after the whole chain inside the write: prepaid accounts.</summary>
    NotBelowZero = 1,
}

/// <summary>An account to open. Opening it again with the same limit is a success.</summary>
/// <param name="Name">See <see cref="AccountName"/>.</param>
/// <param name="Limit">What its balance may become; it does not change later.</param>
public sealed record AccountOpening(string Name, AccountLimit Limit = AccountLimit.None);

/// <summary>An account as it stands.</summary>
/// <param name="Number">From 1, in the order of opening.</param>
/// <param name="Name">Its name.</param>
/// <param name="Limit">What its balance may become.</param>
/// <param name="Opened">Number of the entry that opened it.</param>
/// <param name="Debits">Sum of all debits, minor units.</param>
/// <param name="Credits">Sum of all credits, minor units.</param>
public sealed record Account(int Number, string Name, AccountLimit Limit, long Opened, long Debits, long Credits)
{
    /// <summary>The balance on the side the account grows on, minor units; below zero where it stands on the other side.</summary>
    public long Balance => AccountName.TryRead(Name, out var kind) && AccountName.GrowsByDebit(kind) ? Debits - Credits : Credits - Debits;
}

/// <summary>What one account did in one period, or in all of them.</summary>
/// <param name="Name">Account.</param>
/// <param name="Period">Period; null where all are summed.</param>
/// <param name="Debits">Minor units.</param>
/// <param name="Credits">Minor units.</param>
public sealed record AccountBalance(string Name, int? Period, long Debits, long Credits);
