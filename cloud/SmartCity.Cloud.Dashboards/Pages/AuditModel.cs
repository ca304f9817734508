using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>What the page of the books shows.</summary>
/// <param name="Page">The request.</param>
/// <param name="View">The books; null where they are not known yet.</param>
public sealed record AuditModel(PageContext Page, AuditView? View)
{
    /// <summary>Values of all gateways and lanes that nothing accounts for.</summary>
    public long Unaccounted => View?.Terms.Sum(terms => Math.Abs(terms.Imbalance)) ?? 0;
}
