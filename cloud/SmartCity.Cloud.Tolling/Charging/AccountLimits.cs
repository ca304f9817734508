using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>What the accounts of charges may become, by their names.</summary>
internal static class AccountLimits
{
    private const string Prepaid = "liability:prepaid:", Receivable = "asset:receivable:";

    /// <summary>A prepaid account never falls below zero.</summary>
    public static AccountLimit Of(string name) => name.StartsWith(Prepaid, StringComparison.Ordinal) ? AccountLimit.NotBelowZero : AccountLimit.None;

    /// <summary>Where stands what a payer owes: a receivable itself, of a prepaid account its holder's.</summary>
    public static string OwedBy(string payer) => payer.StartsWith(Prepaid, StringComparison.Ordinal) ? Receivable + payer[Prepaid.Length..] : payer;

    /// <summary>What a prepaid account cannot pay is owed by its holder.</summary>
    public static Transfer OnCredit(Transfer transfer) => transfer.Reverses is null && transfer.Debit.StartsWith(Prepaid, StringComparison.Ordinal)
        ? transfer with { Debit = OwedBy(transfer.Debit) }
        : transfer;
}
