using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>What stands in a tree of receipts, read leaf by leaf.</summary>
/// <param name="Period">Its period.</param>
/// <param name="Batch">Its batch.</param>
/// <param name="Leaves">Leaves that are there.</param>
/// <param name="Money">What the tree says that the batch changed, tax included, minor units.</param>
/// <param name="IsWhole">Whether the leaves are numbered without a gap and are those, and as many, as the signed checkpoint says.</param>
public sealed record ReceiptTreeCount(int Period, BatchKind Batch, long Leaves, long Money, bool IsWhole);
