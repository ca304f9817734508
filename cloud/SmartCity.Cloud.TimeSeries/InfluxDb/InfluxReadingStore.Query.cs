using System.Globalization;
using System.Runtime.CompilerServices;
using SmartCity.Cloud.TimeSeries.Engines;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

public sealed partial class InfluxReadingStore
{
    private protected override async Task LoadNewestAsync(CancellationToken cancellationToken)
    {
        if (_newestLoaded) return;
        await InGateAsync(async () =>
        {
            await ConnectAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    private protected override async IAsyncEnumerable<Reading> ReadingsOf(EngineSeries series, long from, long to, long? limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var statement = string.Create(CultureInfo.InvariantCulture,
            $"SELECT \"{InfluxNames.FieldOf(series.Entry.Kind)}\", \"received\", \"quality\" {InfluxNames.Of(series.Entry.Key, from, to)} ORDER BY time{(limit is null ? "" : $" LIMIT {limit}")}");
        await foreach (var chunk in _client.QueryAsync(statement, cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in chunk.Rows.EnumerateArray())
            {
                if (!InfluxRow.HasValue(row[1])) continue;
                var time = row[0].GetInt64();
                yield return new Reading(series.Entry.Key, time, InfluxRow.HasValue(row[2]) ? row[2].GetInt64() : time, InfluxRow.ValueIn(row[1], series.Entry.Kind), InfluxRow.QualityIn(row[3]));
            }
        }
    }

    /// <summary>
    /// Buckets that InfluxDB adds up: one statement for each run of buckets of one length, since its GROUP BY knows neither our edges nor the Persian calendar.
    /// Where it could go wrong, before 1970 and with integers whose sum may not fit, the readings are fetched and added up here.
    /// </summary>
    private protected override async Task<List<Bucket>> BucketsOf(EngineSeries series, BucketQuery query, long[] edges, CancellationToken cancellationToken)
    {
        if (query.From < 0) return await BucketsOfReadings(series, query, edges, cancellationToken).ConfigureAwait(false);
        var (field, kind) = (InfluxNames.FieldOf(series.Entry.Kind), series.Entry.Kind);
        var functions = kind is ValueKind.Double or ValueKind.Int64 ? $"count(\"{field}\"), last(\"{field}\"), sum(\"{field}\"), min(\"{field}\"), max(\"{field}\")" : $"count(\"{field}\"), last(\"{field}\")";
        var found = new SortedDictionary<int, BucketParts>();
        for (var i = 0; i + 1 < edges.Length;)
        {
            var first = i;
            var width = edges[i + 1] - edges[i];
            while (i + 1 < edges.Length && edges[i + 1] - edges[i] == width) i++;
            var range = InfluxNames.Of(series.Entry.Key, Math.Max(edges[first], query.From), Math.Min(edges[i], query.To));
            var grouping = string.Create(CultureInfo.InvariantCulture, $"GROUP BY time({width}u, {(edges[first] % width + width) % width}u) fill(none)");
            var statements = $"SELECT {functions} {range} {grouping}; SELECT count(\"quality\") {range} AND \"quality\" > 0 {grouping}";
            if (kind == ValueKind.Bool) statements += $"; SELECT count(\"{field}\") {range} AND \"{field}\" = true {grouping}";
            await foreach (var chunk in _client.QueryAsync(statements, cancellationToken).ConfigureAwait(false))
            {
                foreach (var row in chunk.Rows.EnumerateArray())
                {
                    var bucket = (int)((row[0].GetInt64() - edges[first]) / width) + first;
                    // Each function reads for itself: where readings come meanwhile, one may have seen the first of a bucket and another nothing.
                    if (row.EnumerateArray().Any(cell => !InfluxRow.HasValue(cell))) return await BucketsOfReadings(series, query, edges, cancellationToken).ConfigureAwait(false);
                    if (!found.TryGetValue(bucket, out var parts)) found.Add(bucket, parts = new BucketParts());
                    if (chunk.Statement == 1) parts.Flagged = row[1].GetInt64();
                    else if (chunk.Statement == 2) parts.True = row[1].GetInt64();
                    else
                    {
                        parts.Count = row[1].GetInt64();
                        parts.Last = InfluxRow.ValueIn(row[2], kind);
                        if (kind is ValueKind.Double or ValueKind.Int64) (parts.Sum, parts.Min, parts.Max) = (row[3].GetDouble(), row[4].GetDouble(), row[5].GetDouble());
                    }
                }
            }
        }
        if (kind == ValueKind.Int64 && found.Values.Any(parts => Math.Max(Math.Abs(parts.Min), Math.Abs(parts.Max)) * parts.Count > long.MaxValue / 2))
            return await BucketsOfReadings(series, query, edges, cancellationToken).ConfigureAwait(false);
        return [.. found.Where(pair => pair.Value.Count > 0).Select(pair => pair.Value.ToBucket(query, series.Entry, edges[pair.Key], edges[pair.Key + 1]))];
    }

    /// <summary>The extremes of each slice with the times at which they were, which only TOP and BOTTOM tell. Truth values and old times are reduced here.</summary>
    private protected override async Task<ReducedSeries> ReduceOf(EngineSeries series, ReduceQuery query, CancellationToken cancellationToken)
    {
        var (key, kind) = (series.Entry.Key, series.Entry.Kind);
        var slices = query.Points / 2;
        var width = Math.Max(1, (query.To - query.From - 1) / slices + 1);
        var (original, points) = (0L, new SortedDictionary<long, double>());
        if (kind is ValueKind.Bool || query.From < 0) return await ReducedReadings(series, query, width, cancellationToken).ConfigureAwait(false);
        var field = InfluxNames.FieldOf(kind);
        var range = InfluxNames.Of(key, query.From, query.To);
        await foreach (var chunk in _client.QueryAsync($"SELECT count(\"{field}\") {range}", cancellationToken).ConfigureAwait(false)) original = chunk.Rows[0][1].GetInt64();
        if (original == 0 || kind == ValueKind.Text) return new ReducedSeries(key, original, [], []);
        var grouping = string.Create(CultureInfo.InvariantCulture, $"GROUP BY time({width}u, {query.From % width}u) fill(none)");
        var statements = original <= query.Points
            ? $"SELECT \"{field}\" {range}"
            : $"SELECT top(\"{field}\", 1) {range} {grouping}; SELECT bottom(\"{field}\", 1) {range} {grouping}; SELECT first(\"{field}\") {range}; SELECT last(\"{field}\") {range}";
        await foreach (var chunk in _client.QueryAsync(statements, cancellationToken).ConfigureAwait(false))
            foreach (var row in chunk.Rows.EnumerateArray())
                if (InfluxRow.HasValue(row[1])) points[row[0].GetInt64()] = row[1].GetDouble();
        return new ReducedSeries(key, original, [.. points.Keys], [.. points.Values]);
    }
}
