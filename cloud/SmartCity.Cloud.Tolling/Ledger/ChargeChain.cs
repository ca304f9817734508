using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>The chains of the usual bookings. Ids follow from the charge, so that a client that crashed between storing and sending makes the same ones again.</summary>
public static class ChargeChain
{
    /// <summary>A charge on a prepaid account or a receivable: one chain that debits it with net and tax and credits the concession and the tax account.</summary>
    /// <param name="payer">Account that pays: <c>liability:prepaid:…</c> or <c>asset:receivable:…</c>.</param>
    /// <param name="concession">Account of the road: <c>liability:concession:…</c> or <c>income:toll:…</c>.</param>
    /// <param name="net">Minor units, at least 0.</param>
    /// <param name="vat">Minor units, at least 0; of 0 there is no transfer.</param>
    /// <param name="date">Business date.</param>
    /// <param name="batch">The batch it comes in.</param>
    /// <param name="revision">0 for the first rating of the charge, one more for each re-rating.</param>
    /// <param name="links">With the charge id.</param>
    /// <returns>One or two transfers; none where net and tax are 0, since a transfer of nothing is none.</returns>
    /// <exception cref="ArgumentException">There is no charge id, or an amount is below 0.</exception>
    public static IReadOnlyList<Transfer> Of(string payer, string concession, long net, long vat, DateOnly date, BatchKind batch, int revision, TransferLinks links)
    {
        ArgumentNullException.ThrowIfNull(links);
        if (string.IsNullOrEmpty(links.Charge)) throw new ArgumentException("A charge has an id.");
        if (net < 0 || vat < 0) throw new ArgumentException($"Net and tax are at least 0, not {net} and {vat}.");
        var chain = new List<Transfer>(2);
        if (net > 0) chain.Add(new(Id(links.Charge, revision, "net"), payer, concession, net, TransferCode.Charge, date, batch, links));
        if (vat > 0) chain.Add(new(Id(links.Charge, revision, "vat"), payer, "liability:vat", vat, TransferCode.Charge, date, batch, links));
        return chain;
    }

    /// <summary>The chain that undoes another whole.</summary>
    public static IReadOnlyList<Transfer> Reversal(IReadOnlyList<Transfer> chain, BatchKind batch)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return [.. chain.Select(transfer => transfer.Reversal(Id(StoredEntry.Text(transfer.Id), 0, "reversal"), batch))];
    }

    /// <summary>The id of one part of something: the first half of a SHA-256.</summary>
    /// <param name="subject">What it is of, such as a charge id.</param>
    /// <param name="revision">Which one of it.</param>
    /// <param name="part">Which part.</param>
    public static UInt128 Id(string subject, int revision, string part)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{part}\0{revision}\0{subject}"))));
    }
}
