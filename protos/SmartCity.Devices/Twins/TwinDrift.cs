using System.Text.Json;
using System.Text.Json.Nodes;

namespace SmartCity.Devices.Twins;

/// <summary>A place at which two documents differ.</summary>
/// <param name="Pointer">JSON pointer.</param>
/// <param name="Desired">What is wanted there, JSON; null = nothing.</param>
/// <param name="Reported">What is there, JSON; null = nothing.</param>
public sealed record TwinDrift(string Pointer, string? Desired, string? Reported)
{
    /// <summary>Every place at which they differ, at most <paramref name="most"/>.</summary>
    /// <param name="desired">What is wanted, with its secrets hidden.</param>
    /// <param name="reported">What is there, with its secrets hidden.</param>
    /// <param name="most">Places told.</param>
    public static IReadOnlyList<TwinDrift> Between(JsonObject desired, JsonObject reported, int most)
    {
        var found = new List<TwinDrift>();
        Look("", desired, reported, found, most);
        return found;
    }

    private static void Look(string pointer, JsonObject desired, JsonObject reported, List<TwinDrift> found, int most)
    {
        foreach (var name in desired.Select(member => member.Key).Union(reported.Select(member => member.Key)).Order(StringComparer.Ordinal))
        {
            if (found.Count >= most) return;
            var (wanted, there) = (desired[name], reported[name]);
            if (JsonNode.DeepEquals(wanted, there)) continue;
            if (wanted is JsonObject one && there is JsonObject other) Look(TwinJson.Step(pointer, name), one, other, found, most);
            else found.Add(new TwinDrift(TwinJson.Step(pointer, name), wanted?.ToJsonString(TwinText.Options), there?.ToJsonString(TwinText.Options)));
        }
    }
}

/// <summary>How documents are written for people.</summary>
public static class TwinText
{
    /// <summary>On one line, letters as they are.</summary>
    public static JsonSerializerOptions Options { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>On several lines, letters as they are.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Options) { WriteIndented = true };
}
