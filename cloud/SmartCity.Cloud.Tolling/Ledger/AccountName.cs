namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>
/// Names of accounts: <c>kind ":" family (":" part)*</c>, where a part is 1–64 of <c>A-Za-z0-9._-</c>, the whole at most 160 characters.
/// The families are listed, so that a misspelt one opens no new account beside the right one.
/// </summary>
public static class AccountName
{
    private const int NameMax = 160, SegmentMax = 64;

    private static readonly Dictionary<string, (AccountKind Kind, string[] Families)> _kinds = new(StringComparer.Ordinal)
    {
        ["asset"] = (AccountKind.Asset, ["receivable", "clearing", "bank"]),
        ["liability"] = (AccountKind.Liability, ["prepaid", "vat", "concession", "refund"]),
        ["income"] = (AccountKind.Income, ["toll", "penalty", "fee"]),
        ["expense"] = (AccountKind.Expense, ["writeoff", "fee"]),
        ["equity"] = (AccountKind.Equity, ["rounding"]),
        ["suspense"] = (AccountKind.Suspense, ["bank", "issuer"]),
    };

    /// <summary>Reads the kind from a name.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="kind">Set only when true is returned.</param>
    /// <returns>Whether it is a name. Never throws.</returns>
    public static bool TryRead(string? name, out AccountKind kind)
    {
        kind = default;
        if (name is not { Length: <= NameMax }) return false;
        var parts = name.Split(':');
        if (parts.Length < 2 || !_kinds.TryGetValue(parts[0], out var known) || !known.Families.Contains(parts[1], StringComparer.Ordinal) || !parts.All(IsSegment)) return false;
        kind = known.Kind;
        return true;
    }

    /// <summary>Whether an account of this kind grows by debits.</summary>
    public static bool GrowsByDebit(AccountKind kind) => kind is AccountKind.Asset or AccountKind.Expense;

    internal static bool IsSegment(string? text) => text is { Length: >= 1 and <= SegmentMax } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
