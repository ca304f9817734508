using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.Tests.EndToEnd.Alarms;

/// <summary>Debian's aiosmtpd on a free port of loopback: a real SMTP server that puts what it takes into a mailbox of the test.</summary>
internal sealed class MailServer : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly TemporaryFolder _folder = new();
    private Process? _process;

    public int Port { get; } = Loopback.FreePort();

    /// <summary>The messages that came, as they came.</summary>
    public IReadOnlyList<string> Messages() => Directory.Exists(_folder["mailbox/new"]) ? [.. Directory.EnumerateFiles(_folder["mailbox/new"]).Order(StringComparer.Ordinal).Select(File.ReadAllText)] : [];

    /// <summary>Starts it, or starts it again on the same port.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = Process.Start(new ProcessStartInfo(Python, ["-m", "aiosmtpd", "-n", "-l", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}"), "-c", "aiosmtpd.handlers.Mailbox", _folder["mailbox"]])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (var deadline = Environment.TickCount64 + 30_000; ;)
        {
            Assert.False(_process.HasExited, "aiosmtpd ended at once; install it with: apt-get install python3-aiosmtpd");
            Assert.True(Environment.TickCount64 < deadline, "aiosmtpd did not listen within 30 s.");
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellationToken);
            }
        }
    }

    public void Stop()
    {
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Stop();
        _folder.Dispose();
    }
}
