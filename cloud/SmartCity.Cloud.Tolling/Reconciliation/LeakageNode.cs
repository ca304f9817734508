namespace SmartCity.Cloud.Tolling.Reconciliation;

/// <summary>One branch of the tree that says where the money of passages went: its parts add up to it.</summary>
/// <param name="Name">What it is: <c>passages</c>, <c>collected</c>, <c>unread</c> …</param>
/// <param name="Count">Passages.</param>
/// <param name="Money">Minor units.</param>
/// <param name="IsEstimate">Whether the money is what such a passage comes to on average at its toll point, since it has no amount of its own.</param>
/// <param name="Parts">What it is made of; empty for a leaf.</param>
public sealed record LeakageNode(string Name, long Count, long Money, bool IsEstimate, IReadOnlyList<LeakageNode> Parts)
{
    internal static LeakageNode Leaf(string name, long count, long money, bool isEstimate = false) => new(name, count, money, isEstimate, []);

    internal static LeakageNode Of(string name, IReadOnlyList<LeakageNode> parts) =>
        new(name, parts.Sum(part => part.Count), parts.Sum(part => part.Money), parts.Any(part => part.IsEstimate), parts);
}
