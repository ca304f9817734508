using DuckDB.NET.Data;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>Short ways to run SQL. All text is made by this project from numbers and its own names; values of others go as parameters.</summary>
internal static class DuckDbCommands
{
    public static int Run(this DuckDBConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        using var command = connection.Make(sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>Calls <paramref name="take"/> for each row, as it comes.</summary>
    public static void Each(this DuckDBConnection connection, string sql, Action<DuckDBDataReader> take)
    {
        using var command = connection.Make(sql, []);
        command.UseStreamingMode = true;
        using var reader = command.ExecuteReader();
        while (reader.Read()) take(reader);
    }

    public static DuckDBCommand Make(this DuckDBConnection connection, string sql, ReadOnlySpan<object> values)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // See the summary of the type.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var value in values) command.Parameters.Add(new DuckDBParameter(value));
        return command;
    }
}
