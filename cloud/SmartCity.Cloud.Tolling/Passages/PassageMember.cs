using System.Collections;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>An event that belongs to a passage.</summary>
/// <param name="Event">The event.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Lane">The lane it was seen in.</param>
/// <param name="IsCrossLane">Whether that is the neighbour's of the vehicle's lane.</param>
public sealed record PassageMember(TollEventRef Event, TollEventKind Kind, string Lane, bool IsCrossLane);

/// <summary>The events of a passage in fixed order: the classifier's first, then by kind, time and key. Equal when all members are.</summary>
public sealed class PassageMembers(IReadOnlyList<PassageMember> members) : IReadOnlyList<PassageMember>, IEquatable<PassageMembers>
{
    /// <inheritdoc/>
    public int Count => members.Count;
    /// <inheritdoc/>
    public PassageMember this[int index] => members[index];
    /// <inheritdoc/>
    public IEnumerator<PassageMember> GetEnumerator() => members.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    /// <inheritdoc/>
    public bool Equals(PassageMembers? other) => other is not null && this.SequenceEqual(other);
    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PassageMembers);
    /// <inheritdoc/>
    public override int GetHashCode() => Count == 0 ? 0 : HashCode.Combine(Count, members[0]);
}
