using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>The page on which everybody checks a receipt, and objects to its charge.</summary>
/// <param name="Page">The request.</param>
/// <param name="Valid">What a receipt that was found valid says; null where none was.</param>
/// <param name="Reasons">Keys of the reasons for which a charge can be objected to.</param>
/// <param name="Error">What is wrong with the receipt, or with the question.</param>
/// <param name="Notice">What has been done.</param>
/// <param name="DisputeError">What is wrong with the objection.</param>
/// <param name="Reason">The reason that was chosen.</param>
/// <param name="Text">What was typed.</param>
public sealed record ReceiptPageModel(
    PageContext Page, ReceiptView? Valid = null, IReadOnlyList<string>? Reasons = null, string? Error = null, string? Notice = null, string? DisputeError = null, string? Reason = null, string? Text = null);

/// <summary>What a receipt says.</summary>
/// <param name="Lines">Labels and values.</param>
/// <param name="File">The receipt itself.</param>
public sealed record ReceiptView(IReadOnlyList<(string Label, string Value)> Lines, string File);
