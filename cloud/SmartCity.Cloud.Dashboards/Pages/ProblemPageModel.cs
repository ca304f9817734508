using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>The page that explains problems, or that a browser is shown where one has come.</summary>
/// <param name="Page">The request.</param>
/// <param name="Kinds">What to explain.</param>
/// <param name="Detail">What is wrong this time, in the page's language; null where the page only explains.</param>
/// <param name="Trace">By which the request is found in the server's log; null where the page only explains.</param>
public sealed record ProblemPageModel(PageContext Page, IReadOnlyList<ProblemKind> Kinds, string? Detail = null, string? Trace = null);
