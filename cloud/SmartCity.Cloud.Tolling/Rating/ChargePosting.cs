using System.Globalization;
using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>A charge as transfers of the ledger.</summary>
public static class ChargePosting
{
    /// <summary>One chain: the payer to each concession by its share, and to the tax account.</summary>
    /// <param name="payer">Account that pays: <c>liability:prepaid:…</c> or <c>asset:receivable:…</c>.</param>
    /// <param name="shares">Net by concession, each at least 0.</param>
    /// <param name="vat">Tax, at least 0.</param>
    /// <param name="date">Business date.</param>
    /// <param name="batch">The batch it comes in.</param>
    /// <param name="revision">0 for the first rating, one more for each later one.</param>
    /// <param name="links">With the charge id.</param>
    /// <returns>No transfer of 0. With one concession it is <see cref="ChargeChain.Of"/>.</returns>
    /// <exception cref="ArgumentException">There is no charge id, or an amount is below 0.</exception>
    public static IReadOnlyList<Transfer> Chain(string payer, IReadOnlyList<NetShare> shares, long vat, DateOnly date, BatchKind batch, int revision, TransferLinks links)
    {
        ArgumentNullException.ThrowIfNull(shares);
        ArgumentNullException.ThrowIfNull(links);
        var chain = ChargeChain.Of(payer, Concession(shares[0].Concession), shares[0].Net, vat, date, batch, revision, links).ToList();
        for (var i = 1; i < shares.Count; i++)
        {
            if (shares[i].Net < 0) throw new ArgumentException($"A share is at least 0, not {shares[i].Net}.");
            if (shares[i].Net == 0) continue;
            var id = ChargeChain.Id(links.Charge!, revision, string.Create(CultureInfo.InvariantCulture, $"net:{i}"));
            chain.Add(new Transfer(id, payer, Concession(shares[i].Concession), shares[i].Net, TransferCode.Charge, date, batch, links));
        }
        return chain;
    }

    private static string Concession(string name) => "liability:concession:" + name;
}
