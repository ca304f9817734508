using System.Globalization;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Rating;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>
/// Names of the ledger's accounts that money of issuers goes through: <c>asset:receivable:issuer:…</c> (charged), <c>asset:clearing:issuer:…</c> (the issuer posted it and
/// owes it), <c>asset:bank:…</c> (it came), and what is not yet known whose: <c>suspense:issuer:…</c> (rejected or short), <c>suspense:bank:…</c> (came without a claim).
/// </summary>
internal static class ClaimAccounts
{
    public static string Receivable(Issuer issuer) => Payer.OfIssuer(issuer).LedgerAccount!;

    public static string Clearing(ulong issuer) => string.Create(CultureInfo.InvariantCulture, $"asset:clearing:issuer:{issuer}");

    public static string Suspense(ulong issuer) => string.Create(CultureInfo.InvariantCulture, $"suspense:issuer:{issuer}");

    public static string Fee(ulong issuer) => string.Create(CultureInfo.InvariantCulture, $"expense:fee:issuer:{issuer}");

    public static string Bank(string account) => "asset:bank:" + account;

    public static string BankSuspense(string account) => "suspense:bank:" + account;
}
