using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using static SmartCity.Tests.Cloud.Server.AccessTests;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Who may do what, generated from the API's document: each operation with a request that would be served, as each role, of the whole city and of a foreign area, with a session and with a token.</summary>
public sealed class RightsTests(RightsTests.City city) : IClassFixture<RightsTests.City>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Section_6_row_12_no_operation_serves_a_role_that_has_not_its_right_nor_one_of_a_foreign_area()
    {
        var operations = await ApiOperation.AllAsync(city.Cloud, Stop);
        var rows = city.AuditRows();
        var (wrong, asked, served) = (new List<string>(), 0, 0);
        foreach (var operation in operations.Where(operation => operation.Right != "public"))
        {
            await AskAsync(operation, "nobody", city.Nobody, 401);
            foreach (var caller in city.Callers)
            {
                // Its own account is everybody's who has signed in.
                if (operation.Right == "signed in") continue;
                var has = operation.IsOf(caller.Role);
                if (!has || (caller.IsForeign && !operation.IsByArea)) await AskAsync(operation, caller.Name, caller.Client, 403);
                // Whoever may would do it; what only reads is asked, so that the refusals above are known to be of the right alone.
                else if (operation is { Method: "GET", IsEndless: false } && !caller.IsForeign)
                {
                    using var request = operation.Request();
                    using var answer = await caller.Client.SendAsync(request, Stop);
                    if ((int)answer.StatusCode is 401 or 403 or >= 500) wrong.Add($"{caller.Name} {operation}: {(int)answer.StatusCode}, though it has the right");
                    served++;
                }
                // A change of what lies elsewhere, or of what is there for nobody.
                else if (caller.IsForeign && operation.Method != "GET")
                {
                    using var request = operation.Request();
                    using var answer = await caller.Client.SendAsync(request, Stop);
                    if (answer.IsSuccessStatusCode) wrong.Add($"{caller.Name} {operation}: {(int)answer.StatusCode} in a foreign area");
                    asked++;
                }
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(asked > 500 && served > 100, $"only {asked} were asked and {served} served");
        Assert.Contains(operations, operation => operation is { Method: "POST", Path: "/api/v1/toll/periods/{number}/sign" });
        // Nothing but refusals has come of all that.
        Assert.DoesNotContain(city.AuditRows().Skip(rows.Count), row => row is not ("access.refused" or "token.refused"));

        async Task AskAsync(ApiOperation operation, string name, HttpClient client, int expected)
        {
            using var request = operation.Request();
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
            asked++;
            if ((int)answer.StatusCode != expected) wrong.Add($"{name} {operation}: {(int)answer.StatusCode}, {expected} was expected");
        }
    }

    [Fact]
    public async Task Section_6_row_11_no_operation_changes_anything_for_another_site()
    {
        var operations = await ApiOperation.AllAsync(city.Cloud, Stop);
        var rows = city.AuditRows();
        var (wrong, asked) = (new List<string>(), 0);
        foreach (var operation in operations.Where(operation => operation.Method != "GET"))
            foreach (var (header, value) in new[] { ("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site") })
            {
                using var request = operation.Request();
                request.Headers.Add("Cookie", city.RootCookie);
                request.Headers.Add(header, value);
                using var answer = await city.Plain.SendAsync(request, Stop);
                asked++;
                if (answer.StatusCode != HttpStatusCode.Forbidden) wrong.Add($"{operation} with {header}: {value}: {(int)answer.StatusCode}");
            }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(asked > 60, $"only {asked} were asked");
        Assert.DoesNotContain(city.AuditRows().Skip(rows.Count), row => row != "access.refused");
    }

    [Fact]
    public async Task Every_route_of_the_api_is_in_its_document_but_the_console_s_own_and_the_sockets()
    {
        var described = (await ApiOperation.AllAsync(city.Cloud, Stop)).Select(operation => operation.ToString()).ToHashSet();
        var routes = city.Cloud.App.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.TrimStart('/').StartsWith("api/", StringComparison.Ordinal))
            .SelectMany(route => (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => $"{method} {Plain(route)}")).ToList();
        string[] own = ["GET /api/v1/alarms/live", "GET /api/v1/imports/{epoch}/{lane}", "GET /api/v1/live", "POST /api/v1/backups", "POST /api/v1/imports/{epoch}/{lane}/batches"];
        Assert.Equal(own.Order(), routes.Where(route => !described.Contains(route)).Order());

        static string Plain(RouteEndpoint route) => "/" + string.Join('/', route.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            _ => "",
        }))));
    }

    /// <summary>A server where readings are not everybody's, and a caller of each role: of the whole city and of an area that holds nothing, with a session and with a token.</summary>
    public sealed class City : IAsyncLifetime
    {
        internal CloudUnderTest Cloud { get; private set; } = null!;
        internal HttpClient Nobody { get; private set; } = null!;
        /// <summary>A browser without cookies or headers of its own.</summary>
        internal HttpClient Plain { get; private set; } = null!;
        internal string RootCookie { get; private set; } = "";
        internal IReadOnlyList<RightsCaller> Callers { get; private set; } = [];

        internal IReadOnlyList<string> AuditRows() => [.. Cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 100_000).Reverse().Select(row => row.Action)];

        public async ValueTask InitializeAsync()
        {
            Cloud = await StartAsync(options => options.Access.PublicReadings = false);
            // What the document's examples speak of is there, so that nothing is refused for want of it.
            await Cloud.SendAsync(("air-001", "pm25", 12.5, DateTimeOffset.UtcNow));
            Cloud.App.Services.GetRequiredService<IDeviceRegistry>().Apply(
            [
                new RegistryChange(Site: new Site("square", null, "north", null)), new RegistryChange(Device: new RegisteredDevice("air-001", Site: "square")),
            ]);
            Nobody = Browser(Cloud);
            Plain = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Cloud.Address };
            var (callers, grants, accounts) = (new List<RightsCaller>(), Cloud.App.Services.GetRequiredService<AccessGrants>(), Cloud.App.Services.GetRequiredService<Accounts>());
            foreach (var role in Roles.All)
                foreach (var isForeign in (bool[])[false, true])
                {
                    var name = $"{role.Replace(' ', '-')}{(isForeign ? "-elsewhere" : "")}";
                    await AddAsync(Cloud, name, [role], isForeign ? ["west"] : []);
                    callers.Add(new RightsCaller(name, role, isForeign, await SignedInAsync(Cloud, name)));
                    var token = grants.MakeToken(new Actor("test", "test"), accounts.Find(name)!, "test", Roles.RightsOf(role), TimeSpan.FromDays(1));
                    callers.Add(new RightsCaller($"token of {name}", role, isForeign, new HttpClient { BaseAddress = Cloud.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } }));
                }
            Callers = callers;
            await AddAsync(Cloud, "root", [Roles.Administrator, Roles.TollManager]);
            using var root = await SignedInAsync(Cloud, "root");
            RootCookie = Assert.Single(root.DefaultRequestHeaders.GetValues("Cookie"));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var caller in Callers) caller.Client.Dispose();
            Nobody.Dispose();
            Plain.Dispose();
            await Cloud.DisposeAsync();
        }
    }

    /// <summary>Who asks.</summary>
    /// <param name="Name">Account, or whose token.</param>
    /// <param name="Role">Its one role.</param>
    /// <param name="IsForeign">Whether it is bound to an area that holds nothing of what is asked for.</param>
    /// <param name="Client">Asks as it.</param>
    internal sealed record RightsCaller(string Name, string Role, bool IsForeign, HttpClient Client);
}
