using Microsoft.Extensions.Time.Testing;
using SmartCity.Hosting.Files;

namespace SmartCity.Tests.Hosting;

public sealed class RunRecordTests : IDisposable
{
    private static readonly DateTimeOffset _begin = new(2026, 11, 28, 2, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(_begin);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_ended_in_good_order_leaves_nothing_to_tell()
    {
        using (var first = RunRecord.Begin(_folder.Path, _clock)) Assert.Null(first.Before);
        Assert.False(File.Exists(_folder[RunRecord.Name]));
        using var second = RunRecord.Begin(_folder.Path, _clock);
        Assert.Null(second.Before);
    }

    [Fact]
    public void A_run_that_was_killed_is_told_of_with_the_time_when_it_was_last_seen_for_a_day()
    {
        var killed = RunRecord.Begin(_folder.Path, _clock);
        _clock.Advance(TimeSpan.FromMinutes(7));
        killed.Beat();
        _clock.Advance(TimeSpan.FromMinutes(1));
        using var next = RunRecord.Begin(_folder.Path, _clock);
        Assert.Equal(new EndBefore(_begin.AddMinutes(7), _begin.AddMinutes(8), EndCause.Process, null), next.Before);
        _clock.Advance(RunRecord.ToldFor);
        Assert.Null(next.Before);
        killed.Dispose();
    }

    [Fact]
    public void A_run_that_ended_itself_says_why()
    {
        using (var failed = RunRecord.Begin(_folder.Path, _clock)) failed.Failed("disk I/O error");
        using var next = RunRecord.Begin(_folder.Path, _clock);
        Assert.Equal((EndCause.Failed, "disk I/O error"), (next.Before!.Cause, next.Before.Reason));
    }

    [Theory]
    [InlineData("{\"Began\":\"2026-11-28T02:00:00+00:00\",\"Boot\":\"another\",\"Reason\":null}", EndCause.Machine)]
    [InlineData("{\"Began\":\"2026-11-2", EndCause.Machine)]
    [InlineData("", EndCause.Machine)]
    [InlineData("null", EndCause.Process)]
    public void A_machine_that_was_started_again_is_told_from_a_process_that_was(string content, EndCause cause)
    {
        File.WriteAllText(_folder[RunRecord.Name], content);
        using var next = RunRecord.Begin(_folder.Path, _clock);
        Assert.Equal(cause, next.Before!.Cause);
    }

    [Fact]
    public void Without_a_place_to_write_there_is_nothing_to_tell_and_nothing_fails()
    {
        using var run = RunRecord.Begin(_folder["absent"], _clock);
        run.Beat();
        run.Failed("anything");
        Assert.Null(run.Before);
    }
}
