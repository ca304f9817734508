using System.Text.Encodings.Web;
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

    /// <summary>
    /// Letters of every language, <c>&amp;</c> and <c>+</c> as they are: people read answers, and copy the addresses in them. An answer is JSON by its media
    /// type and no part of a page.
    /// </summary>
    public static JavaScriptEncoder Encoder => JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>How an answer is written by hand.</summary>
    public static JsonWriterOptions Writing { get; } = new() { Encoder = Encoder };

    /// <summary>Reads an answer; members that a newer server adds are passed over.</summary>
    public static JsonSerializerOptions Answers { get; } = Reading();

    private static JsonSerializerOptions Reading()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        foreach (var converter in Converters) options.Converters.Add(converter);
        return options;
    }
}
