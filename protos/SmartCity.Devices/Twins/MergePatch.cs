using System.Text.Json.Nodes;

namespace SmartCity.Devices.Twins;

/// <summary>JSON merge patch (RFC 7396): members of the patch replace, null takes away, arrays are replaced whole.</summary>
public static class MergePatch
{
    /// <summary>A document with a patch applied; neither argument is changed.</summary>
    public static JsonObject Apply(JsonObject document, JsonObject patch)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(patch);
        var result = (JsonObject)document.DeepClone();
        foreach (var (name, value) in patch)
        {
            if (value is null) result.Remove(name);
            else result[name] = value is JsonObject inner ? Apply(result[name] as JsonObject ?? new JsonObject(), inner) : value.DeepClone();
        }
        return result;
    }

    /// <summary>The smallest patch that makes one document of another; empty where they are the same.</summary>
    public static JsonObject Between(JsonObject from, JsonObject to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        var patch = new JsonObject();
        foreach (var (name, _) in from)
            if (!to.ContainsKey(name)) patch[name] = null;
        foreach (var (name, value) in to)
        {
            if (from.TryGetPropertyValue(name, out var before) && JsonNode.DeepEquals(before, value)) continue;
            patch[name] = before is JsonObject old && value is JsonObject fresh ? Between(old, fresh) : value?.DeepClone();
        }
        return patch;
    }
}
