namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>What is said of an item of reconciliation.</summary>
/// <param name="State"><c>open</c>, <c>inWork</c>, <c>explained</c> or <c>accepted</c>.</param>
/// <param name="Owner">Whose it is, up to 1,000 characters; left out for nobody's.</param>
/// <param name="Explanation">Why it is so, up to 1,000 characters; needed for <c>explained</c> and <c>accepted</c>.</param>
internal sealed record TollJudgement(string? State, string? Owner = null, string? Explanation = null);

/// <summary>What is said of all items of a class that are open; with the state <c>open</c>, of those of which something was said.</summary>
/// <param name="Class">The class, e.g. <c>SEQ_GAP</c>.</param>
/// <param name="State"><c>open</c>, <c>inWork</c>, <c>explained</c> or <c>accepted</c>.</param>
/// <param name="Owner">Whose they are, up to 1,000 characters; left out for nobody's.</param>
/// <param name="Explanation">Why it is so, up to 1,000 characters; needed for <c>explained</c> and <c>accepted</c>.</param>
/// <param name="From">First business date; the first with a charge where left out.</param>
/// <param name="To">Last business date; the last with a charge where left out.</param>
/// <param name="Point">One toll point alone.</param>
internal sealed record TollClassJudgement(string? Class, string? State, string? Owner = null, string? Explanation = null, DateOnly? From = null, DateOnly? To = null, string? Point = null);

/// <summary>What came of it.</summary>
/// <param name="Items">How many items it was said of.</param>
internal sealed record TollItemsJudged(int Items);

/// <summary>A period to open.</summary>
/// <param name="From">First date: the day after the last period.</param>
/// <param name="To">Last date, included.</param>
internal sealed record NewTollPeriod(DateOnly? From, DateOnly? To);

/// <summary>What became of a change of a period.</summary>
/// <param name="Outcome"><c>posted</c> or <c>alreadyPosted</c>; of a signature <c>first</c> or <c>sealed</c>.</param>
/// <param name="SignedBy">Who signed first; null where nothing was signed.</param>
internal sealed record TollPeriodChange(string Outcome, string? SignedBy = null);

/// <summary>One branch of the tree that says where the money of passages went: its parts add up to it.</summary>
/// <param name="Name">What it is: <c>passages</c>, <c>collected</c>, <c>owed</c>, <c>free</c>, <c>waiting</c>, <c>lost</c> …</param>
/// <param name="Count">Passages.</param>
/// <param name="Money">Minor units.</param>
/// <param name="IsEstimate">Whether the money is what such a passage comes to on average at its toll point, since it has no amount of its own.</param>
/// <param name="Parts">What it is made of; empty for a leaf.</param>
internal sealed record TollLeakageBranch(string Name, long Count, long Money, bool IsEstimate, IReadOnlyList<TollLeakageBranch> Parts);

/// <summary>Where the money of passages went.</summary>
/// <param name="From">First business date; null where there are no charges.</param>
/// <param name="To">Last business date, included.</param>
/// <param name="Tree">The tree.</param>
internal sealed record TollLeakage(DateOnly? From, DateOnly? To, TollLeakageBranch Tree);

/// <summary>Which numbers are asked for again: either some or all.</summary>
/// <param name="Keys">Keys of items of the class <c>SEQ_GAP</c>; left out with <paramref name="All"/>.</param>
/// <param name="All">Every gap that is open.</param>
internal sealed record NewTollReplay(IReadOnlyList<string>? Keys = null, bool All = false);

/// <summary>Numbers that a device gave and nobody got, and that were asked for again.</summary>
/// <param name="Key">Key of the item.</param>
/// <param name="Numbers">The device with its start and numbers.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When.</param>
/// <param name="State"><c>missing</c>, or <c>came</c>.</param>
internal sealed record TollReplay(string Key, string Numbers, string By, DateTimeOffset At, string State);
