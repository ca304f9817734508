using System.Text.Json;

namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>The newest value of a series.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="Type">double, int64, bool or text.</param>
/// <param name="Value">A number, a truth value or a text; null for a number that JSON has not.</param>
/// <param name="Ts">Event time, RFC 3339 in UTC.</param>
/// <param name="Age">Seconds since then, or since the device was last heard where that is longer.</param>
/// <param name="State">live, stale or nodata.</param>
/// <param name="Quality">Flags, 0 = good.</param>
/// <param name="StaleAfter">Seconds without a value after which it is stale.</param>
/// <param name="NoDataAfter">Seconds without a value after which there is no data.</param>
internal sealed record LatestEntry(string Device, string Metric, string Type, JsonElement Value, DateTimeOffset Ts, double Age, string State, int Quality, double StaleAfter, double NoDataAfter);

/// <summary>A device that has sent.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Kind">What its metric kind says; null where it has none.</param>
/// <param name="State">live, stale or nodata.</param>
/// <param name="Gateway">By which it was last heard; null where that is not known any more.</param>
/// <param name="Ts">Event time of its newest value.</param>
/// <param name="StaleAfter">Seconds without a value after which it is stale.</param>
/// <param name="NoDataAfter">Seconds without a value after which there is no data.</param>
/// <param name="Metrics">Names of its metrics.</param>
/// <param name="Lat">Degrees north; absent where its place is not known.</param>
/// <param name="Lon">Degrees east; absent where its place is not known.</param>
internal sealed record DeviceEntry(
    string Id, string? Kind, string State, string? Gateway, DateTimeOffset? Ts, double StaleAfter, double NoDataAfter, IReadOnlyList<string> Metrics, double? Lat = null, double? Lon = null);

/// <summary>A device with its newest values.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Kind">What its metric kind says; null where it has none.</param>
/// <param name="State">live, stale or nodata.</param>
/// <param name="Gateway">By which it was last heard; null where that is not known any more.</param>
/// <param name="Ts">Event time of its newest value.</param>
/// <param name="StaleAfter">Seconds without a value after which it is stale.</param>
/// <param name="NoDataAfter">Seconds without a value after which there is no data.</param>
/// <param name="Metrics">Names of its metrics.</param>
/// <param name="Latest">The newest value of each.</param>
/// <param name="Lat">Degrees north; absent where its place is not known.</param>
/// <param name="Lon">Degrees east; absent where its place is not known.</param>
internal sealed record DeviceView(
    string Id, string? Kind, string State, string? Gateway, DateTimeOffset? Ts, double StaleAfter, double NoDataAfter, IReadOnlyList<string> Metrics, IReadOnlyList<LatestEntry> Latest, double? Lat = null, double? Lon = null);

/// <summary>A series with its newest value.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="Type">double, int64, bool or text.</param>
/// <param name="Kind">Kind of the device; null where it says none.</param>
/// <param name="Ts">Event time of the newest value.</param>
/// <param name="Value">The newest value.</param>
internal sealed record SeriesView(string Device, string Metric, string Type, string? Kind, DateTimeOffset Ts, JsonElement Value);

/// <summary>A reading as it was sent.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="Ts">Event time, RFC 3339 in UTC.</param>
/// <param name="Received">When its gateway took it.</param>
/// <param name="Value">A number, a truth value or a text; null for a number that JSON has not.</param>
/// <param name="Quality">Flags, 0 = good.</param>
internal sealed record ReadingEntry(string Device, string Metric, DateTimeOffset Ts, DateTimeOffset Received, JsonElement Value, int Quality);

/// <summary>Readings: items where raw ones were asked for, else series of buckets or of points.</summary>
/// <param name="Items">Raw readings, by series and time.</param>
/// <param name="Next">Address of the next page of raw readings; absent on the last.</param>
/// <param name="Bucket">Width of the buckets as it was asked for.</param>
/// <param name="Tz">IANA zone by whose clock they begin.</param>
/// <param name="Calendar">gregorian or persian.</param>
/// <param name="Series">A part for each series.</param>
internal sealed record ReadingsView(
    IReadOnlyList<ReadingEntry>? Items = null, string? Next = null, string? Bucket = null, string? Tz = null, string? Calendar = null, IReadOnlyList<SeriesPart>? Series = null);

/// <summary>Buckets or points of one series.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="Level">Which rollup answered; absent for points.</param>
/// <param name="Buckets">Buckets that hold a reading, in order; absent for points.</param>
/// <param name="Original">Readings that the points stand for; absent for buckets.</param>
/// <param name="Times">Milliseconds since 1970 UTC of the points.</param>
/// <param name="Values">Their values.</param>
internal sealed record SeriesPart(
    string Device, string Metric, string? Level = null, IReadOnlyList<BucketEntry>? Buckets = null, long? Original = null, IReadOnlyList<double>? Times = null, IReadOnlyList<double?>? Values = null);

/// <summary>A bucket: of the functions those that were asked for.</summary>
/// <param name="Start">Its begin with the zone's offset.</param>
/// <param name="End">Its end, which belongs to the next one.</param>
/// <param name="Quality">Shares of its readings.</param>
/// <param name="Coverage">Readings that came of those expected, 0–1; null where the interval is not known.</param>
/// <param name="Date">Date of its begin in the Persian calendar, where that was asked for.</param>
/// <param name="Avg">Mean.</param>
/// <param name="Min">Least value.</param>
/// <param name="Max">Greatest value.</param>
/// <param name="Sum">Sum.</param>
/// <param name="Count">Readings.</param>
/// <param name="Last">Newest value.</param>
internal sealed record BucketEntry(
    DateTimeOffset Start, DateTimeOffset End, QualityShares Quality, double? Coverage, string? Date = null, double? Avg = null, double? Min = null, double? Max = null, double? Sum = null, long? Count = null, JsonElement? Last = null);

/// <summary>Shares of readings; together 1.</summary>
/// <param name="Good">Without a flag.</param>
/// <param name="Flagged">With one.</param>
internal sealed record QualityShares(double Good, double Flagged);
