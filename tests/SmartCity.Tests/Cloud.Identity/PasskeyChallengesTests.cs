using CsCheck;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Identity;

namespace SmartCity.Tests.Cloud.Identity;

/// <summary>A question opens once, in time, for its purpose, and only as it was sealed.</summary>
public sealed class PasskeyChallengesTests
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(56));

    private static AccessFault FaultOf(Action action) => Assert.Throws<AccessException>(action).Fault;

    [Fact]
    public void It_opens_once_until_its_time_is_over()
    {
        var challenges = new PasskeyChallenges(_clock);
        var text = challenges.Seal("sign-in", "پرسش");
        _clock.Advance(PasskeyChallenges.Lifetime - TimeSpan.FromMilliseconds(1));
        Assert.Equal("پرسش", challenges.Open("sign-in", text));
        Assert.Equal(AccessFault.PasskeyExpired, FaultOf(() => challenges.Open("sign-in", text)));
        text = challenges.Seal("sign-in", "x");
        _clock.Advance(PasskeyChallenges.Lifetime);
        Assert.Equal(AccessFault.PasskeyExpired, FaultOf(() => challenges.Open("sign-in", text)));
    }

    [Fact]
    public void It_serves_for_its_purpose_in_the_process_that_asked()
    {
        var (challenges, other) = (new PasskeyChallenges(_clock), new PasskeyChallenges(_clock));
        var text = challenges.Seal("make 7", "x");
        Assert.Equal(AccessFault.PasskeyExpired, FaultOf(() => challenges.Open("make 8", text)));
        Assert.Equal(AccessFault.PasskeyExpired, FaultOf(() => other.Open("make 7", text)));
        // A wrong purpose is no answer.
        Assert.Equal("x", challenges.Open("make 7", text));
    }

    [Fact]
    public void Whatever_was_not_sealed_so_does_not_open()
    {
        var challenges = new PasskeyChallenges(_clock);
        var text = challenges.Seal("sign-in", "state");
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Char.AlphaNumeric).Where((at, letter) => text[at] != letter).Sample((at, letter) =>
            Assert.Equal(AccessFault.PasskeyExpired, FaultOf(() => challenges.Open("sign-in", text[..at] + letter + text[(at + 1)..]))), iter: 200);
        foreach (var wrong in (string?[])[null, "", ".", "..", "a.b.c", new string('a', 5_000), text[..^1], text + "A", text.Replace('.', '!')]) Assert.Equal(AccessFault.PasskeyExpired, FaultOf(() => challenges.Open("sign-in", wrong)));
        Assert.Equal("state", challenges.Open("sign-in", text));
    }

    [Fact]
    public void Answers_in_a_flood_wait_until_old_ones_are_over_rather_than_be_forgotten()
    {
        var challenges = new PasskeyChallenges(_clock) { AnsweredMax = 100 };
        var first = challenges.Seal("sign-in", "x");
        challenges.Open("sign-in", first);
        for (var i = 1; i < 100; i++) challenges.Open("sign-in", challenges.Seal("sign-in", $"{i}"));
        var late = challenges.Seal("sign-in", "late");
        Assert.Equal(AccessFault.Busy, FaultOf(() => challenges.Open("sign-in", late)));
        _clock.Advance(PasskeyChallenges.Lifetime);
        Assert.Equal("y", challenges.Open("sign-in", challenges.Seal("sign-in", "y")));
        Assert.Equal(AccessFault.PasskeyExpired, FaultOf(() => challenges.Open("sign-in", first)));
    }
}
