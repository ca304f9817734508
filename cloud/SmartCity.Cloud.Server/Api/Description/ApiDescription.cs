using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Server.Access;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api.Description;

/// <summary>The API's OpenAPI document at <c>/openapi/v1.json</c>: made of what the routes say of themselves, with the right that each asks for and an example of everything.</summary>
internal static class ApiDescription
{
    /// <summary>Name of the extension that says which right an operation asks for.</summary>
    public const string RightExtension = "x-right";
    /// <summary>Name of the extension that says whether whoever is bound to areas sees what lies in them; where it is false they see nothing.</summary>
    public const string AreaExtension = "x-by-area";

    /// <summary>The version that every generator of clients reads.</summary>
    public const OpenApiSpecVersion Version = OpenApiSpecVersion.OpenApi3_0;

    public static IServiceCollection AddApiDescription(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Transient<IApiDescriptionProvider, RouteApiDescriptions>());
        services.AddSingleton<ApiDocument>();
        return services.AddOpenApi(ApiDocument.Name, options =>
        {
            options.OpenApiVersion = Version;
            // A value of any type has no shape to name.
            options.CreateSchemaReferenceId = type => type.Type == typeof(JsonElement) || type.Type == typeof(JsonElement?) ? null : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "SmartCity API", Version = "v1", License = new OpenApiLicense { Name = "Apache-2.0", Identifier = null },
                    Description = "Devices, readings, registry and operation of the city. Lists come in pages: next holds the address of the next one. Answers have an ETag. What cannot be done is answered as problem details (RFC 9457), in English or Persian.",
                };
                // Of whoever serves the document.
                document.Servers = [new OpenApiServer { Url = "/" }];
                document.Components ??= new OpenApiComponents();
                document.Components.Examples = ProblemKinds.All.ToDictionary(kind => kind.Code, IOpenApiExample (kind) => new OpenApiExample { Summary = kind.Title(Language.English), Value = Written(kind) });
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A token of a program, made at /account." },
                    ["session"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = CityAccess.SessionCookie, Description = "The cookie of a signed-in person." },
                };
                return Task.CompletedTask;
            });
            options.AddSchemaTransformer((schema, context, _) =>
            {
                Shape(schema, context.JsonTypeInfo.Type);
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, context, _) =>
            {
                Describe(operation, context);
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>How the API writes what JSON has no type for.</summary>
    private static void Shape(OpenApiSchema schema, Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain == typeof(TimeSpan)) (schema.Type, schema.Pattern, schema.Description) = (JsonSchemaType.String, @"^\d+(\.\d+)?[smhd]$", "A span of time with its unit, e.g. 10s, 5m, 1h, 1d.");
        // Patterns, since generated clients do not write an enumeration's names as the API does.
        else if (plain == typeof(ValueKind)) (schema.Type, schema.Enum, schema.Pattern) = (JsonSchemaType.String, null, "^(double|int64|bool|text)$");
        else if (plain == typeof(DeviceStanding)) (schema.Type, schema.Enum, schema.Pattern) = (JsonSchemaType.String, null, "^(active|retired)$");
        else if (plain == typeof(Rights)) (schema.Type, schema.Items, schema.Enum) = (JsonSchemaType.Array, new OpenApiSchema { Type = JsonSchemaType.String }, null);
        else if (plain == typeof(AlarmPriority)) (schema.Type, schema.Enum, schema.Pattern) = (JsonSchemaType.String, null, "^(low|medium|high|critical)$");
        else if (plain == typeof(AlarmChannelKind)) (schema.Type, schema.Enum, schema.Pattern) = (JsonSchemaType.String, null, "^(email|webhook|mqtt)$");
        else if (plain == typeof(DayOfWeek)) (schema.Type, schema.Enum, schema.Pattern) = (JsonSchemaType.String, null, "^(sunday|monday|tuesday|wednesday|thursday|friday|saturday)$");
        else if (plain == typeof(TimeOnly)) (schema.Type, schema.Format, schema.Pattern) = (JsonSchemaType.String, null, @"^\d\d:\d\d:\d\d$");
        // What may be null may be left out.
        if (schema is { Required: { } required, Properties: { } properties })
            schema.Required = required.Where(name => !(properties[name] is OpenApiSchema { Type: { } kind } && kind.HasFlag(JsonSchemaType.Null))).ToHashSet();
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var options = context.ApplicationServices.GetRequiredService<IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;
        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>().Where(one => one.In == ParameterLocation.Path)) parameter.Example ??= metadata.OfType<PathSample>().FirstOrDefault(one => one.Name == parameter.Name) is { } sample ? sample.Example : parameter.Schema?.Type == JsonSchemaType.Integer ? 7 : "air-001";
        foreach (var parameter in metadata.OfType<QueryParameter>())
        {
            var one = new OpenApiSchema { Type = parameter.Type };
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = parameter.Name, In = ParameterLocation.Query, Description = parameter.Description, Explode = parameter.IsMany, Style = parameter.IsMany ? ParameterStyle.Form : null,
                Schema = parameter.IsMany ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = one } : one,
                Example = parameter.IsMany ? new JsonArray(parameter.Example) : parameter.Type == JsonSchemaType.Integer ? JsonNode.Parse(parameter.Example) : JsonValue.Create(parameter.Example),
            });
        }
        if (RouteApiDescriptions.ProblemsOf(context.Description).Contains(ProblemKinds.VersionNeeded))
        {
            operation.Parameters.Add(Header("If-Match", "ETag of the version that is replaced.", "\"3\""));
            operation.Parameters.Add(Header("If-None-Match", "*: there must be no such entry yet.", "*"));
        }
        foreach (var (mediaType, content) in operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>())
            if (mediaType == Answer.Json && BodyOf(context.Description) is { } contract) content.Example = Written(contract, options);
        if (metadata.OfType<FileBody>().FirstOrDefault() is { } file)
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                // Generators of clients take it for a file only where the shape stands here and is not referred to.
                Content = new Dictionary<string, OpenApiMediaType> { [file.MediaType] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" }, Example = JsonValue.Create(file.Example) } },
            };

        operation.Responses ??= [];
        foreach (var response in context.Description.SupportedResponseTypes.Where(one => one.Type is not null && one.Type != typeof(void)))
        {
            if (operation.Responses[response.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture)] is not OpenApiResponse { Content: { } content }) continue;
            if (content.TryGetValue(Answer.Json, out var json)) json.Example = Written(response.Type!, options);
            if (content.TryGetValue(ProblemAnswer.MediaType, out var problem))
                problem.Examples = RouteApiDescriptions.ProblemsOf(context.Description).Where(kind => kind.Status == response.StatusCode).ToDictionary(kind => kind.Code, IOpenApiExample (kind) => new OpenApiExampleReference(kind.Code, context.Document));
        }
        foreach (var other in metadata.OfType<OtherAnswer>())
        {
            if (!operation.Responses.TryGetValue("200", out var found) || found is not OpenApiResponse response) operation.Responses["200"] = response = new OpenApiResponse { Description = "OK" };
            var isObject = other.MediaType is Answer.GeoJson or Answer.Json;
            response.Content ??= new Dictionary<string, OpenApiMediaType>();
            response.Content[other.MediaType] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = isObject ? JsonSchemaType.Object : JsonSchemaType.String, Format = other.IsFile ? "binary" : null },
                Example = isObject ? JsonNode.Parse(other.Example) : JsonValue.Create(other.Example),
            };
        }

        var right = metadata.OfType<RequiredRight>().LastOrDefault()?.Right;
        var name = right switch { null => "public", Rights.None => "signed in", { } one => Roles.NameOf(one) };
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        operation.Extensions[RightExtension] = new JsonNodeExtension(JsonValue.Create(name));
        var isByArea = metadata.OfType<ByArea>().Any();
        operation.Description = right is null or Rights.None ? $"Right: {name}." : $"Right: {name}. {(isByArea ? "Whoever is bound to areas sees and changes what lies in them." : "For the whole city: not for whoever is bound to areas.")}";
        if (right is not (null or Rights.None)) operation.Extensions[AreaExtension] = new JsonNodeExtension(JsonValue.Create(isByArea));
        if (right is not null)
            operation.Security = [Scheme("token"), Scheme("session")];

        OpenApiSecurityRequirement Scheme(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };
    }

    private static OpenApiParameter Header(string name, string description, string example) =>
        new() { Name = name, In = ParameterLocation.Header, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String }, Example = JsonValue.Create(example) };

    /// <summary>What an operation's JSON body holds; null where it takes none.</summary>
    public static Type? BodyOf(Microsoft.AspNetCore.Mvc.ApiExplorer.ApiDescription description) =>
        description.ParameterDescriptions.FirstOrDefault(parameter => parameter.Source == Microsoft.AspNetCore.Mvc.ModelBinding.BindingSource.Body)?.Type;

    /// <summary>Options by which a contract is written.</summary>
    public static JsonSerializerOptions OptionsOf(Type contract, JsonSerializerOptions usual) =>
        (contract.IsGenericType ? contract.GetGenericArguments()[0] : contract) is var type && (type == typeof(DeviceModel) || type == typeof(Site) || type == typeof(RegisteredDevice) || type == typeof(RegisteredGateway) || type == typeof(AlarmRule) || type == typeof(AlarmSettings) || type == typeof(Contracts.RegistryContent)) ? RegistryJson.Options : usual;

    private static JsonNode? Written(Type contract, JsonSerializerOptions options) => Examples.Of(contract) is { } example ? JsonSerializer.SerializeToNode(example, contract, OptionsOf(contract, options)) : null;

    private static JsonNode? Written(ProblemKind kind)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes)) Problems.Of(kind).Write(writer, Language.English, "4bf92f3577b34da6a3ce929d0e0e4736");
        return JsonNode.Parse(bytes.WrittenSpan);
    }
}
