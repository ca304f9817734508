namespace SmartCity.Cloud.Tolling.Reconciliation;

/// <summary>What is reconciled: business dates, and one toll point, lane or device of them where it is not all.</summary>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
/// <param name="Point">One toll point alone; null for all.</param>
/// <param name="Lane">One lane alone; null for all.</param>
/// <param name="Device">One device alone; null for all. Identities that do not know of devices then say nothing.</param>
public sealed record ReconScope(DateOnly From, DateOnly To, string? Point = null, string? Lane = null, string? Device = null)
{
    /// <summary>Whether it is all of its dates.</summary>
    public bool IsWhole => Point is null && Lane is null && Device is null;
}

/// <summary>A number of things and, where they have a price, what they come to.</summary>
/// <param name="Name">What is counted, e.g. <c>passages</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="Money">Minor units; null where they have no price.</param>
public sealed record ReconTerm(string Name, long Count, long? Money = null);

/// <summary>One identity: what comes in is what goes out, or something is missing.</summary>
/// <param name="Id"><c>E1</c>–<c>E13</c>.</param>
/// <param name="Left">What is to be accounted for.</param>
/// <param name="Right">Where it went.</param>
public sealed record ReconIdentity(string Id, ReconTerm Left, IReadOnlyList<ReconTerm> Right)
{
    /// <summary>What nobody can account for; 0 where the books are right.</summary>
    public long ResidualCount => Left.Count - Right.Sum(term => term.Count);

    /// <summary>The same in money, minor units.</summary>
    public long ResidualMoney => (Left.Money ?? 0) - Right.Sum(term => term.Money ?? 0);

    /// <summary>Whether nothing is left over.</summary>
    public bool Holds => ResidualCount == 0 && ResidualMoney == 0;
}

/// <summary>Something that a person has to explain or to let stand.</summary>
/// <param name="Key">Names it for as long as it stands.</param>
/// <param name="Class">Its class, e.g. <c>SEQ_GAP</c>.</param>
/// <param name="TollPoint">Where; null where that is not known.</param>
/// <param name="Subject">What it is about: a device with its numbers, an event, a passage.</param>
/// <param name="Time">When, µs since 1970 UTC.</param>
/// <param name="Day">Business date.</param>
/// <param name="Count">How many things it is about.</param>
/// <param name="Money">What is at stake as far as it is known, minor units; null where it is not.</param>
/// <param name="Detail">More, for people.</param>
/// <param name="Found">When it was first found, µs since 1970 UTC; null where it is found anew by each run.</param>
/// <param name="Judgement">What a person said of it; null where nobody did.</param>
public sealed record ReconItem(
    string Key, string Class, string? TollPoint, string Subject, long Time, DateOnly Day, long Count, long? Money, string Detail, long? Found, ReconJudgement? Judgement)
{
    /// <summary>The class of numbers that a device gave and nobody got.</summary>
    public const string SequenceGap = "SEQ_GAP";

    /// <summary>The class of lanes that no configuration has.</summary>
    public const string UnknownLane = "UNKNOWN_LANE";

    /// <summary>That its numbers were asked for again; null where nobody did.</summary>
    public ReconReplay? Replay { get; init; }

    /// <summary>Whether it is neither explained nor let stand.</summary>
    [System.Text.Json.Serialization.JsonIgnore] public bool IsOpen => Judgement?.State is not (ReconState.Explained or ReconState.Accepted);
}

/// <summary>That somebody asked for numbers again that a device gave and nobody got. When they come, the item is there no more.</summary>
/// <param name="Key">Key of the item.</param>
/// <param name="Subject">The device with its start and numbers, as the item names them.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When, µs since 1970 UTC.</param>
public sealed record ReconReplay(string Key, string Subject, string By, long At);

/// <summary>What a person said of an item.</summary>
/// <param name="State">What is to become of it.</param>
/// <param name="Owner">Whose it is; empty for nobody's.</param>
/// <param name="Explanation">Why it is so.</param>
/// <param name="By">Who said it.</param>
/// <param name="At">When, µs since 1970 UTC.</param>
public sealed record ReconJudgement(ReconState State, string Owner, string Explanation, string By, long At);

/// <summary>What is to become of an item.</summary>
public enum ReconState : byte
{
    /// <summary>Nobody has said anything.</summary>
    Open = 1,
    /// <summary>Somebody looks at it.</summary>
    InWork = 2,
    /// <summary>It is explained: the loss is known and named.</summary>
    Explained = 3,
    /// <summary>It is let stand, by name.</summary>
    Accepted = 4,
}

/// <summary>One run of reconciliation.</summary>
/// <param name="Number">From 1; 0 where it was not kept.</param>
/// <param name="Scope">What was reconciled.</param>
/// <param name="At">When, µs since 1970 UTC.</param>
/// <param name="Identities">In order.</param>
/// <param name="Items">The items, the oldest first, no more than were asked for.</param>
/// <param name="Classes">All items by class.</param>
/// <param name="StatementRoot">See <see cref="Sql.PassageStore.StatementRoot()"/>.</param>
public sealed record ReconRun(
    int Number, ReconScope Scope, long At, IReadOnlyList<ReconIdentity> Identities, IReadOnlyList<ReconItem> Items, IReadOnlyList<ReconClass> Classes, string StatementRoot)
{
    /// <summary>Whether all identities hold and nothing is open.</summary>
    public bool IsReconciled => Identities.All(identity => identity.Holds) && Classes.All(one => one.Open == 0);
}

/// <summary>Items of one class.</summary>
/// <param name="Class">The class.</param>
/// <param name="Items">How many items.</param>
/// <param name="Open">How many of them nobody has explained or accepted.</param>
/// <param name="Count">How many things they are about.</param>
/// <param name="Money">What is at stake as far as it is known, minor units.</param>
public sealed record ReconClass(string Class, int Items, int Open, long Count, long Money);
