using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using ApiWords = SmartCity.Cloud.Server.Api.Description.ApiDescription;
using ApiDescription = Microsoft.AspNetCore.Mvc.ApiExplorer.ApiDescription;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The API's OpenAPI document: every operation says what it does, which right it asks for, what it takes and answers, each with an example that is one.</summary>
public sealed class OpenApiTests(OpenApiTests.Server server) : IClassFixture<OpenApiTests.Server>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_operation_has_a_summary_a_right_and_examples()
    {
        var wrong = new List<string>();
        var operations = 0;
        foreach (var path in (await DocumentAsync()).GetProperty("paths").EnumerateObject())
            foreach (var method in path.Value.EnumerateObject())
            {
                var (name, operation) = ($"{method.Name} {path.Name}", method.Value);
                operations++;
                if (!operation.TryGetProperty("summary", out var summary) || summary.GetString()!.Length < 10) wrong.Add($"{name} has no summary");
                if (!operation.TryGetProperty("operationId", out _)) wrong.Add($"{name} has no id");
                if (!operation.TryGetProperty(ApiWords.RightExtension, out var right) || right.GetString()!.Length == 0) wrong.Add($"{name} does not say its right");
                if (operation.GetProperty("tags")[0].GetString()!.StartsWith("SmartCity", StringComparison.Ordinal)) wrong.Add($"{name} stands in no part");
                if (operation.TryGetProperty("parameters", out var parameters))
                    wrong.AddRange(parameters.EnumerateArray().Where(parameter => !parameter.TryGetProperty("example", out _)).Select(parameter => $"{name}: parameter {parameter.GetProperty("name")} has no example"));
                if (operation.TryGetProperty("requestBody", out var body)) wrong.AddRange(Without(body).Select(content => $"{name}: body {content} has no example"));
                Assert.True(operation.GetProperty("responses").EnumerateObject().Any(response => response.Name[0] == '2'), $"{name} says nothing of its answer");
                foreach (var response in operation.GetProperty("responses").EnumerateObject())
                    wrong.AddRange(Without(response.Value).Select(content => $"{name}: answer {response.Name} {content} has no example"));
            }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(operations > 30, $"only {operations} operations");

        static IEnumerable<string> Without(JsonElement element) => !element.TryGetProperty("content", out var contents) ? []
            : contents.EnumerateObject().Where(content => !content.Value.TryGetProperty("example", out _) && !content.Value.TryGetProperty("examples", out _)).Select(content => content.Name);
    }

    [Fact]
    public async Task Every_example_is_read_back_into_its_contract_and_nothing_of_it_is_lost()
    {
        var document = await DocumentAsync();
        var read = 0;
        foreach (var description in Descriptions())
        {
            var operation = document.GetProperty("paths").GetProperty(PathOf(description)).GetProperty(description.HttpMethod!.ToLowerInvariant());
            if (ApiWords.BodyOf(description) is { } body) Check(body, operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("example"));
            foreach (var response in description.SupportedResponseTypes.Where(response => response.Type is not null && response.Type != typeof(void)))
                foreach (var content in operation.GetProperty("responses").GetProperty($"{response.StatusCode}").GetProperty("content").EnumerateObject())
                {
                    if (content.Name == "application/json") Check(response.Type!, content.Value.GetProperty("example"));
                    if (content.Name == "application/problem+json") foreach (var example in content.Value.GetProperty("examples").EnumerateObject()) Check(typeof(Problem), Example(document, example.Value));
                }
        }
        Assert.True(read > 100, $"only {read} examples");

        void Check(Type contract, JsonElement example)
        {
            var options = new JsonSerializerOptions(ApiWords.OptionsOf(contract, server.Options)) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };
            var value = example.Deserialize(contract, options);
            Assert.True(JsonElement.DeepEquals(Plain(example), Plain(JsonSerializer.SerializeToElement(value, contract, options))), $"{contract}: {example} is read as {JsonSerializer.Serialize(value, contract, options)}");
            read++;
        }

        // What is null may be left out.
        static JsonElement Plain(JsonElement element) => JsonSerializer.SerializeToElement(Without(System.Text.Json.Nodes.JsonNode.Parse(element.GetRawText())!));
        static System.Text.Json.Nodes.JsonNode Without(System.Text.Json.Nodes.JsonNode node)
        {
            if (node is System.Text.Json.Nodes.JsonObject members)
                foreach (var (name, value) in members.ToList())
                {
                    if (value is null) members.Remove(name);
                    else Without(value);
                }
            else if (node is System.Text.Json.Nodes.JsonArray items) foreach (var item in items) if (item is not null) Without(item);
            return node;
        }
    }

    [Fact]
    public async Task Every_kind_of_problem_that_a_route_declares_stands_in_the_document_and_every_kind_is_declared_somewhere()
    {
        var document = await DocumentAsync();
        var declared = new HashSet<ProblemKind>();
        foreach (var description in Descriptions())
        {
            var responses = document.GetProperty("paths").GetProperty(PathOf(description)).GetProperty(description.HttpMethod!.ToLowerInvariant()).GetProperty("responses");
            foreach (var kind in RouteApiDescriptions.ProblemsOf(description))
            {
                declared.Add(kind);
                var example = responses.GetProperty($"{kind.Status}").GetProperty("content").GetProperty("application/problem+json").GetProperty("examples").GetProperty(kind.Code);
                example = Example(document, example);
                Assert.Equal((kind.Type, kind.Status), (example.GetProperty("type").GetString(), example.GetProperty("status").GetInt32()));
            }
        }
        // The rest is what the framework refuses before any route, or is of routes that are not described.
        Assert.Equal(new[] { ProblemKinds.Request, ProblemKinds.WebSocket, ProblemKinds.Import, ProblemKinds.Address, ProblemKinds.Method, ProblemKinds.Slow }.Select(kind => kind.Code).Order(), ProblemKinds.All.Except(declared).Select(kind => kind.Code).Order());
    }

    [Fact]
    public async Task The_reference_is_a_page_of_ours_whose_scripts_come_from_this_server()
    {
        foreach (var path in (string[])["/reference", "/reference/v1"])
        {
            using var answer = await server.Cloud.Http.GetAsync(new Uri(path, UriKind.Relative), Stop);
            var html = await answer.Content.ReadAsStringAsync(Stop);
            Assert.Equal(ContentSecurityPolicy.OfReference, Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
            var sources = Regex.Matches(html, "<script[^>]*>").Select(script => Regex.Match(script.Value, "src=\"([^\"]+)\"").Groups[1].Value).ToList();
            Assert.Equal(["/reference/scalar.js", "/ui/js/reference.js"], sources);
            Assert.DoesNotMatch("https?://", html);
            foreach (var source in sources)
            {
                using var script = await server.Cloud.Http.GetAsync(new Uri(source, UriKind.Relative), Stop);
                Assert.True(script.IsSuccessStatusCode, source);
                Assert.Contains("javascript", script.Content.Headers.ContentType!.MediaType);
            }
        }
        Assert.DoesNotContain("unsafe-inline", ContentSecurityPolicy.Value);
    }

    private static JsonElement Example(JsonElement document, JsonElement reference) =>
        document.GetProperty("components").GetProperty("examples").GetProperty(reference.GetProperty("$ref").GetString()!.Split('/')[^1]).GetProperty("value");

    private static string PathOf(ApiDescription description) => "/" + string.Join('/', RoutePatternFactory.Parse(description.RelativePath!).PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        _ => "",
    }))));

    private IEnumerable<ApiDescription> Descriptions() => server.Cloud.App.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>().ApiDescriptionGroups.Items.SelectMany(group => group.Items);

    private async Task<JsonElement> DocumentAsync() => JsonDocument.Parse(await server.Cloud.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Stop)).RootElement;

    /// <summary>One server for all.</summary>
    public sealed class Server : IAsyncLifetime
    {
        internal CloudUnderTest Cloud { get; private set; } = null!;
        internal JsonSerializerOptions Options => Cloud.App.Services.GetRequiredService<IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;

        public async ValueTask InitializeAsync() => Cloud = await CloudUnderTest.StartAsync();

        public ValueTask DisposeAsync() => Cloud.DisposeAsync();
    }
}
