using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace SmartCity.AppHost;

/// <summary>
/// Starts processes that cannot outlive this one. On Linux the kernel kills each when the thread that started it ends (PR_SET_PDEATHSIG), so one
/// thread starts them all and lives as long as this process does; that holds for a kill -9 too, and needs nothing of the child, a hanging one
/// included. A shell between looks whether its parent is still this process, for the moment before the kernel was told. Each child has a session
/// of its own: Ctrl-C on the terminal reaches this process alone, which stops the parts in their order.
/// </summary>
internal sealed class ProcessStarter : IDisposable
{
    private const string Guard = "[ \"$PPID\" = \"$1\" ] || exit 1; shift; exec \"$@\"";

    private readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Started)> _orders = [];
    private readonly Thread _thread;
    private bool _isOver;

    public ProcessStarter()
    {
        _thread = new Thread(Work) { IsBackground = true, Name = "Process starter" };
        _thread.Start();
    }

    /// <summary>Starts a process with its output redirected and nothing to read.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public Task<Process> StartAsync(PartCommand command)
    {
        Directory.CreateDirectory(command.Folder);
        var start = new ProcessStartInfo
        {
            WorkingDirectory = command.Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] line = OperatingSystem.IsLinux()
            ? ["setpriv", "--pdeathsig", "KILL", "setsid", "sh", "-c", Guard, "sh", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), command.Program, .. command.Arguments]
            : [command.Program, .. command.Arguments];
        start.FileName = line[0];
        foreach (var argument in line.AsSpan(1)) start.ArgumentList.Add(argument);
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _orders.Add((start, started));
        return started.Task;
    }

    /// <summary>Ends the thread, and with it on Linux every process that it started.</summary>
    public void Dispose()
    {
        if (_isOver) return;
        _isOver = true;
        _orders.CompleteAdding();
        _thread.Join();
        _orders.Dispose();
    }

    private void Work()
    {
        foreach (var (start, started) in _orders.GetConsumingEnumerable())
        {
            try
            {
                var process = Process.Start(start)!;
                process.StandardInput.Close();
                started.SetResult(process);
            }
            catch (Exception error)
            {
                started.SetException(error);
            }
        }
    }
}
