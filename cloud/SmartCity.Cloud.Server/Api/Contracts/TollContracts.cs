namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>What is said of an item of reconciliation.</summary>
/// <param name="State"><c>open</c>, <c>inWork</c>, <c>explained</c> or <c>accepted</c>.</param>
/// <param name="Owner">Whose it is, up to 1,000 characters; left out for nobody's.</param>
/// <param name="Explanation">Why it is so, up to 1,000 characters; needed for <c>explained</c> and <c>accepted</c>.</param>
internal sealed record TollJudgement(string? State, string? Owner = null, string? Explanation = null);

/// <summary>A period to open.</summary>
/// <param name="From">First date: the day after the last period.</param>
/// <param name="To">Last date, included.</param>
internal sealed record NewTollPeriod(DateOnly? From, DateOnly? To);

/// <summary>What became of a change of a period.</summary>
/// <param name="Outcome"><c>posted</c> or <c>alreadyPosted</c>; of a signature <c>first</c> or <c>sealed</c>.</param>
/// <param name="SignedBy">Who signed first; null where nothing was signed.</param>
internal sealed record TollPeriodChange(string Outcome, string? SignedBy = null);
