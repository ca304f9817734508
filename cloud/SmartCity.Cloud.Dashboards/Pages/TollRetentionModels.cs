using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>Where plates can stand, and what becomes of them there.</summary>
/// <param name="Page">The request.</param>
/// <param name="Places">Every place.</param>
/// <param name="Due">What a run would erase now, by rule.</param>
/// <param name="Runs">Runs, the newest first.</param>
/// <param name="MayManage">Whether the caller may run the rules and read the vault.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Error">What could not be done.</param>
public sealed record TollRetentionModel(PageContext Page, IReadOnlyList<PlacePlate> Places, IReadOnlyList<RetentionRow> Due, IReadOnlyList<RetentionRow> Runs, bool MayManage, string? Notice = null, string? Error = null);

/// <summary>A place that a plate can stand.</summary>
/// <param name="Place">Its name.</param>
/// <param name="Holds">What stands there.</param>
/// <param name="Rule">What becomes of it.</param>
public sealed record PlacePlate(string Place, string Holds, string Rule);

/// <summary>A rule of retention, and what it did or would do.</summary>
/// <param name="Class">Key of what it is about.</param>
/// <param name="Days">Days after the end of a sealed period.</param>
/// <param name="Through">Last date that it reached; null where none was old enough.</param>
/// <param name="Erased">How many it erased.</param>
/// <param name="Kept">How many it kept, since they are still needed.</param>
/// <param name="At">When it ran, µs since 1970 UTC; null where it only would.</param>
/// <param name="By">Who ran it.</param>
public sealed record RetentionRow(string Class, int Days, DateOnly? Through, long Erased, long Kept, long? At, string By);
