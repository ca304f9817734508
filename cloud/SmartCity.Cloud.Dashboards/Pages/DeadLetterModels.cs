using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Model;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>A value set aside, as a page shows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Gateway">Gateway that it came by.</param>
/// <param name="Lane">Name of its lane.</param>
/// <param name="Series">Device and metric.</param>
/// <param name="Kind">Kind of the value.</param>
/// <param name="Time">Its own time, µs since 1970 UTC.</param>
/// <param name="Received">When the gateway had it, µs since 1970 UTC.</param>
/// <param name="Value">The value as text.</param>
/// <param name="Reason">Why it was set aside, with the code first.</param>
/// <param name="Recorded">When it was set aside, µs since 1970 UTC.</param>
/// <param name="IsDamaged">Whether its checksum is wrong.</param>
public sealed record DeadLetterRow(long Id, string Gateway, string Lane, SeriesKey Series, ValueKind Kind, long Time, long Received, string Value, string Reason, long Recorded, bool IsDamaged);

/// <summary>The page of values set aside.</summary>
/// <param name="Page">The request.</param>
/// <param name="Letters">Letters, in order of their numbers.</param>
/// <param name="Next">Address of further ones.</param>
/// <param name="Notice">What has just been done.</param>
public sealed record DeadLettersModel(PageContext Page, IReadOnlyList<DeadLetterRow> Letters, string? Next, string? Notice = null);

/// <summary>The page of one value set aside.</summary>
/// <param name="Page">The request.</param>
/// <param name="Letter">The letter.</param>
/// <param name="Error">What could not be done.</param>
public sealed record DeadLetterModel(PageContext Page, DeadLetterRow Letter, string? Error = null);
