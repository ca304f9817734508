using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>A rule as the fields of a form, and back. What the form has no field for stays as it was.</summary>
internal static class RuleForm
{
    private static readonly string[] _plain = ["id", "name", "when", "clear", "suppressWhen", "onDelay", "offDelay", "minHold", "priority", "cause", "consequence", "action", "respondWithin", "during"];
    private static readonly string[] _translated = ["name", "cause", "consequence", "action"];

    /// <summary>The fields of a rule.</summary>
    public static Dictionary<string, string?> Fields(AlarmRule rule)
    {
        var json = JsonSerializer.SerializeToNode(rule, RegistryJson.Options)!.AsObject();
        var fields = _plain.ToDictionary(name => name, name => json[name]?.GetValue<string>(), StringComparer.Ordinal);
        fields["devices"] = rule.Scope?.Devices is { } devices ? string.Join(", ", devices) : null;
        (fields["kind"], fields["area"], fields["gateways"]) = (rule.Scope?.Kind, rule.Scope?.Area, rule.Scope?.Gateways == true ? "true" : null);
        fields["disabled"] = rule.IsDisabled ? "true" : null;
        fields["notify"] = string.Join('\n', (json["notify"] as JsonArray ?? new JsonArray()).Select(step => string.Join(' ', new[] { step!["to"], step["after"] ?? (step["during"] is null ? null : "0s"), step["during"] }.Where(part => part is not null).Select(part => part!.GetValue<string>()))));
        foreach (var name in _translated) fields[$"{name}-fa"] = json["texts"]?["fa"]?[name]?.GetValue<string>();
        return fields;
    }

    /// <summary>The rule of some fields.</summary>
    /// <exception cref="AlarmRulesException">A field cannot be read.</exception>
    public static AlarmRule Rule(IReadOnlyDictionary<string, string?> fields, AlarmRule? known)
    {
        var json = known is null ? new JsonObject() : JsonSerializer.SerializeToNode(known, RegistryJson.Options)!.AsObject();
        foreach (var name in _plain) Set(json, name, Field(name));
        var scope = json["scope"] as JsonObject ?? new JsonObject();
        json.Remove("scope");
        if (Field("devices") is { } devices) scope["devices"] = new JsonArray([.. devices.Split([',', '،', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(id => (JsonNode)id)]);
        else scope.Remove("devices");
        Set(scope, "kind", Field("kind"));
        Set(scope, "area", Field("area"));
        if (Field("gateways") == "true") scope["gateways"] = true;
        else scope.Remove("gateways");
        if (scope.Count > 0) json["scope"] = scope;
        if (Field("disabled") == "true") json["isDisabled"] = true;
        else json.Remove("isDisabled");
        json["notify"] = new JsonArray([.. (Field("notify") ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Step)]);
        var texts = json["texts"] as JsonObject ?? new JsonObject();
        json.Remove("texts");
        var persian = new JsonObject();
        foreach (var name in _translated) Set(persian, name, Field($"{name}-fa"));
        if (persian.Count > 0) texts["fa"] = persian;
        else texts.Remove("fa");
        if (texts.Count > 0) json["texts"] = texts;
        try
        {
            return json.Deserialize<AlarmRule>(RegistryJson.Options)!;
        }
        catch (JsonException error)
        {
            throw new AlarmRulesException($"{error.Path?.TrimStart('$', '.')}: {error.Message.Split(" Path:")[0]}", error);
        }

        string? Field(string name) => fields.GetValueOrDefault(name)?.Trim() is { Length: > 0 } text ? text : null;
    }

    private static void Set(JsonObject json, string name, string? text)
    {
        if (text is null) json.Remove(name);
        else json[name] = text;
    }

    private static JsonNode Step(string line)
    {
        var parts = line.Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var step = new JsonObject { ["to"] = parts[0] };
        if (parts.Length > 1) step["after"] = parts[1];
        if (parts.Length > 2) step["during"] = parts[2];
        return step;
    }
}
