using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using SmartCity.Hosting.Commands;

namespace SmartCity.AppHost;

/// <summary>
/// One process of the city: started, watched, started again with a growing wait when it ends by itself, stopped when told. A process that refuses
/// its arguments or settings (exit 2) is not started again.
/// </summary>
internal sealed partial class Part : IDisposable
{
    private const int TerminateSignal = 15;
    private const int LogLinesShown = 3;
    /// <summary>A shell's exit codes for a program that cannot be run or is not there.</summary>
    private const int CannotRun = 126, NotThere = 127;

    private readonly ProcessStarter _starter;
    private readonly Func<PartCommand> _command;
    private readonly Func<CancellationToken, Task<string?>> _trouble;
    private readonly Action<Part, PartStatus> _changed;
    private readonly PartTimes _times;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _healthy = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Process? _process;

    /// <summary>Makes a part that is not started yet.</summary>
    /// <param name="name">Short name, also of its log file.</param>
    /// <param name="starter">Starts the process.</param>
    /// <param name="command">Asked before each start.</param>
    /// <param name="trouble">Why the running process is not ready, or null when it is.</param>
    /// <param name="log">Takes what it writes.</param>
    /// <param name="changed">Told of each new status.</param>
    /// <param name="times">Waits; the usual ones if null.</param>
    public Part(string name, ProcessStarter starter, Func<PartCommand> command, Func<CancellationToken, Task<string?>> trouble, PartLog log, Action<Part, PartStatus> changed, PartTimes? times = null)
    {
        (Name, _starter, _command, _trouble, Log, _changed, _times) = (name, starter, command, trouble, log, changed, times ?? new PartTimes());
    }

    public string Name { get; }
    /// <summary>Whether exit 0 means that its work is done; otherwise it is started again.</summary>
    public bool HasAnEnd { get; init; }
    public PartLog Log { get; }
    public PartStatus Status { get; private set; } = new(PartState.Waiting);
    /// <summary>Ends when the part is healthy for the first time; fails when it is refused or stopped before.</summary>
    public Task Healthy => _healthy.Task;
    /// <summary>Ends when the part runs no longer and will not be started again.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Starts the part and watches it.</summary>
    public void Start() => Ended = Task.Run(RunAsync);

    /// <summary>Tells it to stop; <see cref="Ended"/> says when it has.</summary>
    public void Stop()
    {
        _stop.Cancel();
        lock (_lock)
        {
            if (_process is { HasExited: false } process) _ = kill(process.Id, TerminateSignal);
        }
    }

    /// <summary>Ends it without asking.</summary>
    public void Kill()
    {
        _stop.Cancel();
        lock (_lock)
        {
            if (_process is { HasExited: false } process) process.Kill();
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        Log.Dispose();
    }

    private async Task RunAsync()
    {
        var restarts = 0;
        var wait = _times.BackOffMin;
        while (!_stop.IsCancellationRequested)
        {
            var (exit, wasHealthyFor) = await RunOnceAsync(restarts);
            if (exit is CannotRun or NotThere) exit = null;
            if (_stop.IsCancellationRequested) break;
            if (exit is ExitCode.WrongUse or null)
            {
                Tell(new PartStatus(PartState.Refused, $"{(exit is null ? "could not be started" : "refused its settings")}: {Words()}", null, restarts));
                _healthy.TrySetException(new CommandException(exit ?? ExitCode.Failed, $"{Name} {Status.Reason}"));
                return;
            }
            if (HasAnEnd && exit == ExitCode.Done)
            {
                Tell(new PartStatus(PartState.Done, Log.Last() is [.., var last] ? last : null, null, restarts));
                _healthy.TrySetResult();
                await Task.Delay(Timeout.Infinite, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            }
            if (wasHealthyFor > _times.BackOffForgottenAfter) wait = _times.BackOffMin;
            Tell(new PartStatus(PartState.Crashed, $"ended with exit {exit}; starts again in {wait.TotalSeconds:0.#} s. {Words()}", null, restarts));
            restarts++;
            await Task.Delay(wait, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < _times.BackOffMax ? wait * 2 : _times.BackOffMax;
        }
        Tell(new PartStatus(PartState.Stopped, null, null, restarts));
        _healthy.TrySetCanceled();
    }

    /// <summary>Runs the process to its end; the exit code is null when no process could be made.</summary>
    private async Task<(int? Exit, TimeSpan HealthyFor)> RunOnceAsync(int restarts)
    {
        Process process;
        try
        {
            process = await _starter.StartAsync(_command());
        }
        catch (Exception error) when (error is Win32Exception or IOException or UnauthorizedAccessException)
        {
            Log.Write(error.Message);
            return (null, TimeSpan.Zero);
        }
        using (process)
        {
            process.OutputDataReceived += (_, line) => { if (line.Data is { } text) Log.Write(text); };
            process.ErrorDataReceived += (_, line) => { if (line.Data is { } text) Log.Write(text); };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            lock (_lock) _process = process;
            // Told to stop between the start and the line above.
            if (_stop.IsCancellationRequested) Stop();
            using var ended = new CancellationTokenSource();
            var watch = WatchAsync(process.Id, restarts, ended.Token);
            await process.WaitForExitAsync();
            var exit = process.ExitCode;
            lock (_lock) _process = null;
            await ended.CancelAsync();
            return (exit, await watch);
        }
    }

    private async Task<TimeSpan> WatchAsync(int processId, int restarts, CancellationToken ended)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended, _stop.Token);
        var since = 0L;
        Tell(new PartStatus(PartState.Starting, null, processId, restarts));
        while (!over.IsCancellationRequested)
        {
            string? trouble;
            try
            {
                trouble = await _trouble(over.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                break;
            }
            if (over.IsCancellationRequested) break;
            if (trouble is null && since == 0) since = Stopwatch.GetTimestamp();
            Tell(new PartStatus(trouble is null ? PartState.Healthy : since == 0 ? PartState.Starting : PartState.Unwell, trouble, processId, restarts));
            if (trouble is null) _healthy.TrySetResult();
            await Task.Delay(since == 0 ? _times.LookWhileStarting : _times.LookLater, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (_stop.IsCancellationRequested && !ended.IsCancellationRequested) Tell(new PartStatus(PartState.Stopping, null, processId, restarts));
        return since == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(since);
    }

    private void Tell(PartStatus status)
    {
        if (status == Status) return;
        Status = status;
        _changed(this, status);
    }

    private string Words() => string.Join(" | ", Log.Last().TakeLast(LogLinesShown)) is { Length: > 0 } words ? $"Its last words: {words}" : $"It said nothing; see {Log.FilePath}.";

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
