namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>The first part of an account's name. It says which side the account grows on.</summary>
public enum AccountKind
{
    /// <summary>What is owned or owed to us; grows by debits.</summary>
    Asset = 1,
    /// <summary>What is owed by us; grows by credits.</summary>
    Liability = 2,
    /// <summary>Earned; grows by credits.</summary>
    Income = 3,
    /// <summary>Spent or given up; grows by debits.</summary>
    Expense = 4,
    /// <summary>Rounding; grows by credits.</summary>
    Equity = 5,
    /// <summary>Not yet known whose; grows by credits.</summary>
    Suspense = 6,
}
