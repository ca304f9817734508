using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>The tree over what one batch of a sealed period charged. It is made once and never changed.</summary>
/// <param name="Period">The period that the batch was booked in.</param>
/// <param name="Batch">
/// <see cref="BatchKind.Normal"/> for the period's own dates, whenever they were rated; <see cref="BatchKind.Delayed"/> and <see cref="BatchKind.Rerated"/> for
/// earlier dates, whose periods were sealed before.
/// </param>
/// <param name="Size">Leaves: charges that the batch booked something of.</param>
/// <param name="Net">What the batch changed, minor units.</param>
/// <param name="Vat">The same of the tax.</param>
/// <param name="Root">Root over the leaves.</param>
/// <param name="Checkpoint">The signed checkpoint.</param>
/// <param name="PublicKey">Key that signed it, as a subject public key (DER).</param>
/// <param name="At">When it was made, µs since 1970 UTC.</param>
public sealed record ReceiptTree(int Period, BatchKind Batch, long Size, long Net, long Vat, byte[] Root, string Checkpoint, byte[] PublicKey, long At)
{
    /// <summary>Its name, e.g. <c>3-normal</c>.</summary>
    public string Name => NameOf(Period, Batch);

    /// <summary>The name of a batch's tree.</summary>
    public static string NameOf(int period, BatchKind batch) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{period}-{Word(batch)}");

    /// <summary>The word for a batch, as receipts have it.</summary>
    public static string Word(BatchKind batch) => batch switch
    {
        BatchKind.Normal => "normal",
        BatchKind.Delayed => "delayed",
        _ => "rerated",
    };
}

/// <summary>A charge in a tree.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="Index">The leaf's number, from 0.</param>
/// <param name="Charge">Charge id.</param>
/// <param name="Day">Business date.</param>
/// <param name="Text">What the leaf commits to; null where it was erased since.</param>
public sealed record ReceiptLeaf(ReceiptTree Tree, long Index, string Charge, DateOnly Day, string? Text);
