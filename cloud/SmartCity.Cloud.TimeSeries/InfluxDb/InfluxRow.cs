using System.Text.Json;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>Reads the cells of an answer. Those that others wrote beside us, or that are missing, are read as best they can.</summary>
internal static class InfluxRow
{
    public static ReadingValue ValueIn(JsonElement cell, ValueKind kind) => kind switch
    {
        ValueKind.Double => ReadingValue.Of(cell.GetDouble()),
        ValueKind.Int64 => ReadingValue.Of(cell.GetInt64()),
        ValueKind.Bool => ReadingValue.Of(cell.GetBoolean()),
        _ => ReadingValue.Of(cell.GetString()!),
    };

    public static ReadingQuality QualityIn(JsonElement cell) => cell.ValueKind == JsonValueKind.Number ? (ReadingQuality)cell.GetInt64() : ReadingQuality.Good;

    public static bool HasValue(JsonElement cell) => cell.ValueKind != JsonValueKind.Null;
}
