using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>The statement of an account that pays.</summary>
/// <param name="Page">The request.</param>
/// <param name="Account">The account that was asked for.</param>
/// <param name="Dates">Dates that were asked for.</param>
/// <param name="Statement">The statement; null where none was asked for, or there is none.</param>
/// <param name="Error">Why there is none.</param>
public sealed record TollStatementModel(PageContext Page, string? Account, DateRange Dates, StatementView? Statement, string? Error = null);

/// <summary>A statement in the words of the page's language.</summary>
/// <param name="Account">The account.</param>
/// <param name="From">First date.</param>
/// <param name="To">Last date.</param>
/// <param name="Opening">What was owed before.</param>
/// <param name="Sum">What the lines come to.</param>
/// <param name="Closing">What is owed after.</param>
/// <param name="Rows">Lines.</param>
/// <param name="Count">How many lines there are, also those that are not shown.</param>
public sealed record StatementView(string Account, string From, string To, string Opening, string Sum, string Closing, IReadOnlyList<StatementRow> Rows, int Count);

/// <summary>A line of a statement.</summary>
/// <param name="When">When it passed, or the date.</param>
/// <param name="Point">Toll point; null where it is about none.</param>
/// <param name="What">What it is.</param>
/// <param name="Period">Period.</param>
/// <param name="Net">Without tax.</param>
/// <param name="Vat">Tax.</param>
/// <param name="Amount">Together.</param>
/// <param name="Charge">Charge; null where it is about none.</param>
public sealed record StatementRow(string When, string? Point, string What, string Period, string Net, string Vat, string Amount, string? Charge);
