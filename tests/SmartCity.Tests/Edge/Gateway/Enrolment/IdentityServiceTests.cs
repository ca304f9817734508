using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Tests.Cloud.Server;

namespace SmartCity.Tests.Edge.Gateway.Enrolment;

/// <summary>The gateway keeps its identity without a hand on it, on virtual time against the real server.</summary>
public sealed class IdentityServiceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_enrols_by_a_secret_that_lies_ready_and_renews_from_half_of_life_on_through_a_day_of_refusal()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow - TimeSpan.FromDays(60));
        await using var server = await FleetServer.StartAsync(clock);
        var (folder, state, secret) = (server.Box("g1"), new IdentityState(), server.Folder["secret"]);
        using var service = new IdentityService(new UplinkOptions { Identity = folder }, new EnrolmentOptions { Cloud = server.Cloud.ToString(), SecretFile = secret }, folder, state, new UplinkState(clock), clock, NullLogger<IdentityService>.Instance);
        await service.StartAsync(Stop);
        await UntilAsync(() => state.Identity is null && state.Trouble is null);
        // The label's secret is there before anybody has vouched for the box.
        var made = server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Claim);
        await File.WriteAllTextAsync(secret, made.Code + "\n", Stop);
        await UntilAsync(() => state.Trouble?.Contains("chmod 600", StringComparison.Ordinal) == true);
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await UntilAsync(() => state.Trouble?.Contains("vouched", StringComparison.Ordinal) == true);
        server.Desk.Vouch(FleetServer.Admin, "a", "g1", made.Code);
        await UntilAsync(() => state.Identity is { Gateway: "g1" });
        await UntilAsync(() => !File.Exists(secret) && state.Trouble is null);
        var first = state.Identity!.NotAfter;

        await server.RestartAsync(TimeSpan.FromDays(14));
        for (var i = 0; i < 20; i++) await StepAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(first, state.Identity!.NotAfter);

        // The server is away for a day just then.
        await server.App.StopAsync(Stop);
        clock.Advance(TimeSpan.FromDays(4.2));
        await UntilAsync(() => state.Trouble is not null);
        for (var i = 0; i < 24; i++) await StepAsync(TimeSpan.FromHours(1));
        Assert.NotNull(state.Trouble);
        // Ten days are left; nobody need look yet.
        Assert.Null(new IdentityHealth(state, clock).Warning);
        await server.RestartAsync();
        await UntilAsync(() => state.Identity!.NotAfter > first && state.Trouble is null, TimeSpan.FromHours(1));
        await service.StopAsync(Stop);

        async Task UntilAsync(Func<bool> condition, TimeSpan? step = null)
        {
            for (var i = 0; i < 400 && !condition(); i++) await StepAsync(step ?? TimeSpan.FromSeconds(10));
            Assert.True(condition(), $"identity {state.Identity}, trouble {state.Trouble}");
        }

        async Task StepAsync(TimeSpan step)
        {
            await Task.Delay(20, Stop);
            clock.Advance(step);
        }
    }

    [Fact]
    public async Task A_warning_comes_when_a_quarter_of_life_is_left_and_it_cannot_be_renewed()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await FleetServer.StartAsync(clock);
        var state = new IdentityState { Identity = await server.EnrolAsync("g1"), Trouble = "the city does not answer" };
        var health = new IdentityHealth(state, clock);
        Assert.Null(health.Warning);
        await server.App.StopAsync(Stop);
        clock.Advance(TimeSpan.FromDays(23));
        Assert.Contains("cannot be renewed: the city does not answer", health.Warning);
        clock.Advance(TimeSpan.FromDays(8));
        Assert.Contains("has ended", health.Warning);
        Assert.Null(health.Trouble);
    }
}
