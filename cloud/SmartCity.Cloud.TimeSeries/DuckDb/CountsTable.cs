using DuckDB.NET.Data;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>What was stored and superseded, by gateway and lane, as a table beside the offset.</summary>
internal static class CountsTable
{
    /// <summary>Writes counts in place of all that are there. In a transaction of the caller's.</summary>
    public static void Replace(DuckDBConnection connection, IReadOnlyList<StoreCount> counts)
    {
        // What stays is updated: within one transaction the engine does not take a key again that was deleted.
        connection.Run("UPDATE count SET stored = 0, superseded = 0");
        foreach (var count in counts)
        {
            connection.Run("INSERT INTO count VALUES ($1, $2, $3, $4) ON CONFLICT DO UPDATE SET stored = excluded.stored, superseded = excluded.superseded",
                count.Gateway, (byte)count.Lane, count.Stored, count.Superseded);
        }
        connection.Run("DELETE FROM count WHERE stored = 0 AND superseded = 0");
    }
}
