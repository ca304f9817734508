using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server.Provider;

/// <summary>The tests that share a provider and a server, one after the other.</summary>
[CollectionDefinition(nameof(ProviderCity))]
public sealed class ProviderCity : ICollectionFixture<ProviderFixture>;

/// <summary>One provider and one server that trusts it: each test signs in people of its own.</summary>
public sealed class ProviderFixture : IAsyncLifetime
{
    internal ProviderUnderTest Provider { get; private set; } = null!;
    internal CloudUnderTest Cloud { get; private set; } = null!;
    internal LogCapture Log { get; } = new();
    internal ShiftedTime Clock { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Provider = await ProviderUnderTest.StartAsync(TestContext.Current.CancellationToken);
        Cloud = await StartAsync(Provider, Log, Clock);
        Provider.Backs.Add(new Uri(Cloud.Address, "/sign-in/provider/back").ToString());
        // Whoever else loses a role is not the last administrator.
        Cloud.App.Services.GetRequiredService<Accounts>().MakeFirst();
    }

    public async ValueTask DisposeAsync()
    {
        await Cloud.DisposeAsync();
        await Provider.DisposeAsync();
    }

    internal static Task<CloudUnderTest> StartAsync(ProviderUnderTest provider, LogCapture log, TimeProvider clock) =>
        CloudUnderTest.StartAsync(options => Set(options, provider.Issuer), services => services.AddSingleton(clock).AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log)));

    internal static void Set(ServerOptions options, Uri issuer)
    {
        options.Access.PasswordRounds = 1_000;
        options.Access.Oidc = new OidcOptions
        {
            Authority = issuer, ClientId = ProviderUnderTest.Client, ClientSecret = ProviderUnderTest.Secret, AreaClaim = "areas",
            Roles = [.. Roles.All.Select(role => new OidcRole { Value = $"urn:city:{role}", Role = role }), new OidcRole { Value = "urn:city:both", Role = Roles.Operator }, new OidcRole { Value = "urn:city:both", Role = Roles.Installer }],
        };
    }

    internal static TestBrowser Browser() => new(TestContext.Current.CancellationToken);

    internal Uri At(string path) => new(Cloud.Address, path);

    /// <summary>Walks from the link on the sign-in page to the provider and back.</summary>
    /// <returns>The address that the provider sends the browser back to.</returns>
    internal async Task<Uri> BackAsync(TestBrowser browser, string begin = "/sign-in/provider")
    {
        using var away = await browser.GetAsync(At(begin));
        using var back = await browser.GetAsync(TestBrowser.LocationOf(away));
        return TestBrowser.LocationOf(back);
    }

    /// <summary>Signs in.</summary>
    /// <returns>Where it leads: path and query.</returns>
    internal async Task<string> SignInAsync(TestBrowser browser, string begin = "/sign-in/provider")
    {
        using var answer = await browser.GetAsync(await BackAsync(browser, begin));
        var target = TestBrowser.LocationOf(answer);
        Assert.Equal(Cloud.Address.Authority, target.Authority);
        return target.PathAndQuery;
    }

    internal bool HasSession(TestBrowser browser) => browser.Cookie(Cloud.Address, CityAccess.SessionCookie) is not null;

    /// <summary>Who the server takes a browser for.</summary>
    internal async Task<JsonElement> AccountAsync(TestBrowser browser)
    {
        using var answer = await browser.GetAsync(At("/api/v1/account"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}

/// <summary>The machine's time, moved.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan By { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;
}

/// <summary>Every line that a server logs, at every level.</summary>
internal sealed class LogCapture : ILoggerProvider
{
    public ConcurrentQueue<(LogLevel Level, string Category, string Line)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogCapture capture, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => capture.Lines.Enqueue((logLevel, category, $"{formatter(state, exception)} {exception}"));
    }
}
