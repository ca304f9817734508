using System.Collections.Concurrent;
using SmartCity.AppHost;
using SmartCity.Hosting.Commands;

namespace SmartCity.Tests.AppHost;

/// <summary>Parts are small shell programs here; what is tested is how they are kept.</summary>
public sealed class PartTests : IDisposable
{
    private static readonly PartTimes _quick = new()
    {
        BackOffMin = TimeSpan.FromMilliseconds(1), BackOffMax = TimeSpan.FromMilliseconds(4), LookWhileStarting = TimeSpan.FromMilliseconds(5), LookLater = TimeSpan.FromMilliseconds(5),
    };

    private readonly TemporaryFolder _folder = new();
    private readonly ProcessStarter _starter = new();
    private readonly ConcurrentQueue<PartStatus> _seen = new();
    private Part? _part;

    public void Dispose()
    {
        _part?.Kill();
        _starter.Dispose();
        _part?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_part_that_ends_by_itself_is_shown_and_started_again()
    {
        var part = Start("echo run >> runs; echo the last words >&2; [ $(wc -l < runs) -ge 3 ] || exit 7; exec sleep 600");
        await Eventually.HoldsAsync("it is healthy after two crashes", () => part.Status is { State: PartState.Healthy, Restarts: 2 });
        Assert.Contains(_seen, status => status.State == PartState.Crashed && status.Reason!.Contains("exit 7", StringComparison.Ordinal) && status.Reason.Contains("the last words", StringComparison.Ordinal));
        Assert.Contains("the last words", File.ReadAllText(part.Log.FilePath));
    }

    [Fact]
    public async Task A_part_whose_work_has_an_end_is_done_with_exit_0_and_started_again_with_another()
    {
        var part = Start("echo run >> runs; [ $(wc -l < runs) -ge 2 ] || exit 1; echo all is replayed", () => "starting", hasAnEnd: true);
        await part.Healthy;
        await Eventually.HoldsAsync("it is done", () => part.Status is { State: PartState.Done, Restarts: 1, Reason: "all is replayed" });
        Assert.False(part.Ended.IsCompleted);
        part.Stop();
        await part.Ended;
        Assert.Equal(2, File.ReadAllLines(_folder["part/runs"]).Length);
    }

    [Fact]
    public async Task A_part_that_refuses_its_settings_is_not_started_again()
    {
        var part = Start("echo Edge:X is not known >&2; exit 2", () => "starting");
        var error = await Assert.ThrowsAsync<CommandException>(() => part.Healthy);
        await part.Ended;
        Assert.Equal(ExitCode.WrongUse, error.ExitCode);
        Assert.Contains("Edge:X is not known", error.Message);
        Assert.Equal(new { State = PartState.Refused, Restarts = 0 }, new { part.Status.State, part.Status.Restarts });
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_refused()
    {
        var part = Start("exit 0", () => "starting", _folder["absent"]);
        await part.Ended;
        Assert.Equal(PartState.Refused, part.Status.State);
        Assert.Contains("absent", part.Status.Reason);
    }

    [Fact]
    public async Task A_part_is_told_to_stop_and_drains()
    {
        var part = Start("trap 'echo drained > drained; exit 0' TERM; echo up > up; while :; do sleep 0.01; done");
        await Eventually.HoldsAsync("it runs", () => File.Exists(_folder["part/up"]));
        part.Stop();
        await part.Ended;
        Assert.True(File.Exists(_folder["part/drained"]));
        Assert.Equal(PartState.Stopped, part.Status.State);
    }

    [Fact]
    public async Task A_part_that_does_not_listen_is_killed()
    {
        var part = Start("trap '' TERM INT; echo up > up; while :; do sleep 0.01; done");
        await Eventually.HoldsAsync("it runs", () => File.Exists(_folder["part/up"]));
        part.Stop();
        await Eventually.HoldsAsync("it was told", () => part.Status.State == PartState.Stopping);
        part.Kill();
        await part.Ended;
        Assert.Equal(PartState.Stopped, part.Status.State);
    }

    [Fact]
    public async Task A_part_is_ready_when_it_says_so_and_unwell_when_it_says_otherwise()
    {
        string? trouble = "opening its store";
        var part = Start("exec sleep 600", () => trouble);
        await Eventually.HoldsAsync("its reason is shown", () => part.Status is { State: PartState.Starting, Reason: "opening its store" });
        Assert.False(part.Healthy.IsCompleted);
        trouble = null;
        await part.Healthy;
        trouble = "the disk is full";
        await Eventually.HoldsAsync("it is shown unwell", () => part.Status is { State: PartState.Unwell, Reason: "the disk is full" });
    }

    [Fact]
    public async Task No_part_outlives_the_thread_that_started_it()
    {
        Start("trap '' TERM INT HUP; while :; do sleep 0.01; done");
        await Eventually.HoldsAsync("it runs", () => _part!.Status.ProcessId is not null);
        var process = _part!.Status.ProcessId!.Value;
        _starter.Dispose();
        await Eventually.HoldsAsync("the kernel has ended it", () => !Directory.Exists($"/proc/{process}"));
    }

    [Fact]
    public void A_log_is_bounded_and_keeps_its_last_lines()
    {
        using var log = new PartLog(_folder["one.log"]);
        var line = new string('x', 4000);
        for (var i = 0; i < 5000; i++) log.Write(line);
        log.Write(new string('y', 100_000));
        Assert.True(Directory.EnumerateFiles(_folder.Path).Sum(file => new FileInfo(file).Length) < 40 << 20);
        Assert.Equal(12, log.Last().Count);
        Assert.True(log.Last()[^1].Length < 5_000);
    }

    private Part Start(string script, Func<string?>? trouble = null, string program = "/bin/sh", bool hasAnEnd = false)
    {
        var command = new PartCommand(program, ["-c", script], _folder["part"]);
        _part = new Part("part", _starter, () => command, _ => Task.FromResult(trouble?.Invoke()), new PartLog(_folder["part.log"]), (_, status) => _seen.Enqueue(status), _quick) { HasAnEnd = hasAnEnd };
        _part.Start();
        return _part;
    }
}
