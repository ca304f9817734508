using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>How the HTTP API writes its contracts, and how a command of this program reads them.</summary>
internal static class ApiJson
{
    /// <summary>The words of enums. A converter of options goes before the one that stands at a type, so rights, which are several words, come before all enums.</summary>
    public static IReadOnlyList<JsonConverter> Converters { get; } = [new RightsJson(), .. RegistryJson.Options.Converters];

    /// <summary>Reads an answer; members that a newer server adds are passed over.</summary>
    public static JsonSerializerOptions Answers { get; } = Reading();

    private static JsonSerializerOptions Reading()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        foreach (var converter in Converters) options.Converters.Add(converter);
        return options;
    }
}
