using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;
using NSwag.CodeGeneration.OperationNameGenerators;

namespace SmartCity.Tests.Client;

/// <summary>Makes the client's source of the API's document.</summary>
internal static class ClientGenerator
{
    /// <summary>The source as it is committed.</summary>
    public static async Task<string> GenerateAsync(string openApi, CancellationToken stop)
    {
        var settings = new CSharpClientGeneratorSettings
        {
            ClassName = "SmartCityClient",
            ExceptionClass = "SmartCityException",
            ResponseClass = "SmartCityResponse",
            OperationNameGenerator = new SingleClientFromOperationIdOperationNameGenerator(),
            UseBaseUrl = false,
            DisposeHttpClient = false,
            GenerateOptionalParameters = true,
            // An answer's headers hold its ETag.
            WrapResponses = true,
        };
        var types = settings.CSharpGeneratorSettings;
        types.Namespace = "SmartCity.Client";
        types.JsonLibrary = CSharpJsonLibrary.SystemTextJson;
        types.GenerateNullableReferenceTypes = true;
        types.GenerateOptionalPropertiesAsNullable = true;
        types.GenerateDataAnnotations = false;
        // A business date is of no zone.
        types.DateType = "System.DateOnly";
        types.ArrayType = "System.Collections.Generic.IReadOnlyList";
        types.ArrayInstanceType = types.ArrayBaseType = "System.Collections.Generic.List";
        types.DictionaryType = "System.Collections.Generic.IReadOnlyDictionary";
        return new CSharpClientGenerator(await OpenApiDocument.FromJsonAsync(openApi, stop), settings).GenerateFile().ReplaceLineEndings("\n");
    }
}
