using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Identity;

namespace SmartCity.Tests.Cloud.Identity;

/// <summary>Guessing becomes slow; the owner's own browser does not.</summary>
public sealed class SignInThrottleTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Row_40_a_hundred_wrong_passwords_in_a_row_take_over_an_hour_and_a_half()
    {
        var throttle = new SignInThrottle(_clock);
        var begin = _clock.GetUtcNow();
        for (var i = 0; i < 100; i++)
            while (throttle.Attempt("mina", "10.0.0.1", null) is { Ticks: > 0 } wait) _clock.Advance(wait);
        Assert.InRange(_clock.GetUtcNow() - begin, TimeSpan.FromMinutes(80), TimeSpan.FromHours(3));
    }

    [Fact]
    public void A_few_mistakes_cost_no_wait_and_success_forgives_them()
    {
        var throttle = new SignInThrottle(_clock);
        for (var i = 0; i < 5; i++) Assert.Equal(TimeSpan.Zero, throttle.Attempt("mina", "10.0.0.1", null));
        throttle.Succeeded("mina", "10.0.0.1", null);
        for (var i = 0; i < 5; i++) Assert.Equal(TimeSpan.Zero, throttle.Attempt("MINA", "10.0.0.1", null));
        Assert.True(throttle.Attempt("Mina", "10.0.0.1", null) > TimeSpan.Zero);
    }

    [Fact]
    public void Row_40_a_flood_from_everywhere_does_not_lock_out_the_owner_s_browser()
    {
        var throttle = new SignInThrottle(_clock);
        for (var i = 0; i < 500; i++) throttle.Attempt("mina", $"10.0.{i / 250}.{i % 250}", null);
        Assert.True(throttle.Attempt("mina", "192.0.2.1", null) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, throttle.Attempt("mina", "192.0.2.1", "owner"));
    }

    [Fact]
    public void Attempts_at_the_same_moment_count_each()
    {
        var throttle = new SignInThrottle(_clock);
        var let = 0;
        Parallel.For(0, 200, _ => { if (throttle.Attempt("mina", "10.0.0.1", null) == TimeSpan.Zero) Interlocked.Increment(ref let); });
        Assert.InRange(let, 5, 20);
    }
}
