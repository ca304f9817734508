namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>What a ledger is of: one currency at one scale, for ever. A new currency or scale is a new ledger.</summary>
/// <param name="Name">Name of the ledger, 1–64 of <c>A-Za-z0-9._-</c>.</param>
/// <param name="Currency">ISO 4217, three capital letters.</param>
/// <param name="Scale">Decimal places of the minor unit, 0–9; 0 for the rial.</param>
public sealed record LedgerIdentity(string Name, string Currency, int Scale)
{
    /// <summary>Refuses what is not a currency, a scale or a name.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public LedgerIdentity Validated() =>
        Currency is not { Length: 3 } || !Currency.All(char.IsAsciiLetterUpper) ? throw new ArgumentException($"The currency is three capital letters of ISO 4217, not '{Currency}'.")
        : Scale is < 0 or > 9 ? throw new ArgumentException($"The scale is 0–9, not {Scale}.")
        : !AccountName.IsSegment(Name) ? throw new ArgumentException($"The name of a ledger is 1–64 of A-Za-z0-9._-, not '{Name}'.")
        : this;
}
