namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>What is wrong with a receipt.</summary>
public enum ReceiptFault
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>The text is no receipt: its title is missing.</summary>
    NoReceipt,
    /// <summary>It ends before all its parts have come.</summary>
    Incomplete,
    /// <summary>A line is not as a receipt has it.</summary>
    Line,
    /// <summary>The readable part does not say what the receipt says.</summary>
    Readable,
    /// <summary>The checkpoint is none.</summary>
    Checkpoint,
    /// <summary>It is signed by another key.</summary>
    OtherKey,
    /// <summary>The checkpoint was changed, or the key did not sign it.</summary>
    Signature,
    /// <summary>What it says, its salt, its number or its path is not what was sealed.</summary>
    Content,
}

/// <summary>What a check of a receipt found.</summary>
/// <param name="Fault">What is wrong; <see cref="ReceiptFault.None"/> where nothing is.</param>
/// <param name="Receipt">The receipt; null where it is not valid.</param>
/// <param name="Line">Number of the line that is wrong, from 1; 0 where it is not one line.</param>
public sealed record ReceiptCheck(ReceiptFault Fault, TollReceipt? Receipt, int Line = 0)
{
    /// <summary>Whether it is what was sealed.</summary>
    public bool IsValid => Fault == ReceiptFault.None;
}
