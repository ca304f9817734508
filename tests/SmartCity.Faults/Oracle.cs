using System.Globalization;
using Microsoft.Data.Sqlite;

namespace SmartCity.Faults;

/// <summary>What a comparison of the witness with the store found; everything but the first two must be 0.</summary>
/// <param name="Acked">Values acknowledged to devices.</param>
/// <param name="Stored">Values of these devices in the store.</param>
/// <param name="Lost">Acknowledged and not stored.</param>
/// <param name="Duplicated">Stored, or logged, more than once.</param>
/// <param name="Phantom">Stored and never attempted.</param>
/// <param name="Mutated">Stored with another value or another time.</param>
/// <param name="Disordered">Rows of the log whose numbers do not go on from the row before under the same gateway, epoch and lane.</param>
/// <param name="Imbalance">What <c>/audit</c> misses on gateway and server together.</param>
internal sealed record Verdict(long Acked, long Stored, long Lost, long Duplicated, long Phantom, long Mutated, long Disordered, long Imbalance)
{
    public bool IsClean => (Lost, Duplicated, Phantom, Mutated, Disordered, Imbalance) == (0, 0, 0, 0, 0, 0);

    /// <summary>Sums up two comparisons.</summary>
    public Verdict Plus(Verdict other) => new(Acked + other.Acked, Stored + other.Stored, Lost + other.Lost, Duplicated + other.Duplicated, Phantom + other.Phantom,
        Mutated + other.Mutated, Disordered + other.Disordered, Imbalance + other.Imbalance);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"acked {Acked}, stored {Stored}, lost {Lost}, duplicated {Duplicated}, phantom {Phantom}, mutated {Mutated}, disordered {Disordered}, imbalance {Imbalance}");
}

/// <summary>A fault of the comparison itself, to prove that a row can fail.</summary>
internal enum Breakage
{
    /// <summary>None.</summary>
    None,
    /// <summary>One stored row is overlooked.</summary>
    Lost,
    /// <summary>One stored row is seen twice.</summary>
    Duplicated,
    /// <summary>A row is seen that nobody sent.</summary>
    Phantom,
    /// <summary>One stored row is seen with another value.</summary>
    Mutated,
}

/// <summary>Compares what the witness's devices attempted and had acknowledged with what the store and the log hold.</summary>
internal static class Oracle
{
    /// <summary>Compares. The city must have settled.</summary>
    /// <param name="witness">What was attempted and acknowledged.</param>
    /// <param name="server">The server that must hold it; it runs.</param>
    /// <param name="gateways">The gateways that took it, by id; those that run are asked for their audit.</param>
    /// <param name="breakage">A fault of the comparison.</param>
    /// <param name="stop">Gives up.</param>
    public static async Task<Verdict> CompareAsync(Witness witness, FaultProcess server, IReadOnlyDictionary<string, FaultProcess> gateways, Breakage breakage, CancellationToken stop)
    {
        long acked = 0, stored = 0, lost = 0, duplicated = 0, phantom = 0, mutated = 0;
        for (var device = 0; device < witness.Devices; device++)
        {
            var (times, acknowledged) = witness.Of(device);
            var numbers = new HashSet<long>();
            var values = new HashSet<long>();
            var numberByTime = times.ToDictionary(pair => pair.Value, pair => pair.Key);
            foreach (var (metric, time, value, quality) in Break(await RowsAsync(server, witness.DeviceId(device), stop), device == 0 ? breakage : Breakage.None))
            {
                stored++;
                // A repaired time stands beside the device's own one; the number says which message it is.
                var isRepaired = (quality & 2) != 0;
                if (metric == "n")
                {
                    var number = (long)value;
                    if (!times.TryGetValue(number, out var sent)) phantom++;
                    else if (number != value || sent != time && !isRepaired) mutated++;
                    else if (!numbers.Add(number)) duplicated++;
                }
                else if (metric == "v")
                {
                    if (isRepaired) continue;
                    if (!numberByTime.TryGetValue(time, out var number)) phantom++;
                    else if (Witness.ValueOf(device, number) != value) mutated++;
                    else if (!values.Add(number)) duplicated++;
                }
                else phantom++;
            }
            var kept = acknowledged.Where(times.ContainsKey).ToList();
            acked += kept.Count * 2;
            lost += kept.Count(number => !numbers.Contains(number)) + kept.Count(number => !values.Contains(number));
        }
        long imbalance = 0;
        foreach (var (id, gateway) in gateways)
        {
            imbalance += Math.Abs(await server.AuditAsync("imbalance", stop, id));
            if (!gateway.HasExited) imbalance += Math.Abs(await gateway.AuditAsync("imbalance", stop));
        }
        return new Verdict(acked, stored, lost, duplicated, phantom, mutated, Disordered(Path.Combine(server.Data, "log", "log.db"), gateways.Keys), imbalance);
    }

    /// <summary>Rows of the log that do not go on where the row before ended, or a gap record says why.</summary>
    public static long Disordered(string file, IEnumerable<string> gateways)
    {
        using var log = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        log.Open();
        var wrong = 0L;
        foreach (var gateway in gateways)
        {
            using var rows = log.CreateCommand();
            rows.CommandText = """
                SELECT epoch, lane, first_sequence, sequences FROM row WHERE gateway = (SELECT ordinal FROM gateway WHERE id = $id)
                UNION ALL SELECT epoch, lane, first, last - first + 1 FROM gap WHERE gateway = (SELECT ordinal FROM gateway WHERE id = $id) ORDER BY 1, 2, 3
                """;
            rows.Parameters.AddWithValue("$id", gateway);
            using var reader = rows.ExecuteReader();
            var (lane, next) = ((0L, 0L), 0L);
            while (reader.Read())
            {
                var place = (reader.GetInt64(0), reader.GetInt64(1));
                if (place != lane) (lane, next) = (place, reader.GetInt64(2));
                if (reader.GetInt64(2) != next) wrong++;
                next = reader.GetInt64(2) + reader.GetInt64(3);
            }
            using var order = log.CreateCommand();
            order.CommandText = """
                SELECT count(*) FROM (SELECT first_sequence, lag(first_sequence) OVER (PARTITION BY epoch, lane ORDER BY first_offset) AS before
                FROM row WHERE gateway = (SELECT ordinal FROM gateway WHERE id = $id)) WHERE before >= first_sequence
                """;
            order.Parameters.AddWithValue("$id", gateway);
            wrong += (long)order.ExecuteScalar()!;
        }
        return wrong;
    }

    /// <summary>Numbers of a gateway that the log has as gaps.</summary>
    public static long Gaps(string file, string gateway)
    {
        using var log = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        log.Open();
        using var sum = log.CreateCommand();
        sum.CommandText = "SELECT coalesce(sum(last - first + 1), 0) FROM gap WHERE gateway = (SELECT ordinal FROM gateway WHERE id = $id)";
        sum.Parameters.AddWithValue("$id", gateway);
        return (long)sum.ExecuteScalar()!;
    }

    private static List<(string Metric, long Time, double Value, int Quality)> Break(List<(string Metric, long Time, double Value, int Quality)> rows, Breakage breakage)
    {
        if (breakage == Breakage.None || rows.Count == 0) return rows;
        var (first, last) = (rows[0], rows.Count - 1);
        switch (breakage)
        {
            case Breakage.Lost: rows.RemoveAt(0); break;
            case Breakage.Duplicated: rows.Add(rows[last]); break;
            case Breakage.Phantom: rows.Add(("n", first.Time + 1, -1, 0)); break;
            default: rows[0] = first with { Time = first.Time + 1 }; rows[last] = rows[last] with { Value = rows[last].Value + 0.05 }; break;
        }
        return rows;
    }

    private static async Task<List<(string Metric, long Time, double Value, int Quality)>> RowsAsync(FaultProcess server, string device, CancellationToken stop)
    {
        var rows = new List<(string, long, double, int)>();
        string text;
        try
        {
            text = await server.GetAsync($"/api/v1/readings?device={device}&from=2000-01-01T00:00:00Z&to=9000-01-01T00:00:00Z", "text/csv", stop);
        }
        catch (HttpRequestException error) when (error.Message.Contains("has ever sent", StringComparison.Ordinal))
        {
            return rows;
        }
        foreach (var line in text.Split("\r\n").Skip(1))
        {
            if (line.Length == 0) continue;
            var fields = line.Split(',');
            var time = (DateTimeOffset.Parse(fields[2], CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;
            rows.Add((fields[1], time, double.Parse(fields[4], CultureInfo.InvariantCulture), int.Parse(fields[5], CultureInfo.InvariantCulture)));
        }
        return rows;
    }
}
