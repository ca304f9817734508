using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>One's passkeys on the page of one's account.</summary>
/// <param name="Items">They.</param>
/// <param name="IsRecent">Whether the session began lately enough to add and remove some.</param>
/// <param name="AreOnlyWay">Whether there is no password, so that the last of them stays.</param>
/// <param name="Origin">The one origin at which they work; null where there is none.</param>
/// <param name="Suggested">A name for the next one.</param>
public sealed record PasskeysModel(IReadOnlyList<Passkey> Items, bool IsRecent, bool AreOnlyWay, string? Origin, string Suggested);
