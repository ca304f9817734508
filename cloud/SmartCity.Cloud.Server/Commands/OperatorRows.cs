using System.Text.Json;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>Turns the server's JSON into rows for a person or a script.</summary>
internal static class OperatorRows
{
    /// <summary>The rows of an answer <c>{"items":[…]}</c>, or of one that is a single item.</summary>
    public static IReadOnlyList<IReadOnlyList<object?>> Of(JsonElement answer, string[] columns)
    {
        JsonElement[] items = answer.TryGetProperty("items", out var list) ? [.. list.EnumerateArray()] : [answer];
        return [.. items.Select(IReadOnlyList<object?> (item) => [.. columns.Select(column => CellOf(item, column))])];
    }

    private static object? CellOf(JsonElement item, string column)
    {
        if (column == "ranges") return string.Join("; ", Missing(item).Select(range => $"{Number(range, "first")}–{Number(range, "last")} {range.GetProperty("reason").GetString()}"));
        if (column == "missing" && item.TryGetProperty(column, out var ranges) && ranges.ValueKind == JsonValueKind.Array) return Missing(item).Sum(range => Number(range, "last") - Number(range, "first") + 1);
        if (!item.TryGetProperty(column, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number when value.TryGetInt64(out var whole) => whole,
            JsonValueKind.String when column is "time" or "recorded" => value.GetDateTimeOffset(),
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Object when column == "series" => $"{value.GetProperty("device").GetString()}/{value.GetProperty("metric").GetString()}",
            _ => value.GetRawText(),
        };
    }

    private static JsonElement[] Missing(JsonElement item) => item.TryGetProperty("missing", out var missing) ? [.. missing.EnumerateArray()] : [];

    private static long Number(JsonElement range, string name) => range.GetProperty(name).GetInt64();
}
