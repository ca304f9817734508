using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>One of the house's executables as a real process that can be killed and started again with its data and its ports.</summary>
internal sealed class TrunkProcess : IDisposable
{
    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    private readonly string _program;
    private readonly Func<TrunkProcess, IEnumerable<string>> _arguments;
    private readonly StringBuilder _words = new();
    private Process? _process;
    private string _readiness = "nothing";

    /// <param name="project">E.g. <c>edge/SmartCity.Edge.Gateway</c>.</param>
    /// <param name="data">Its data folder.</param>
    /// <param name="arguments">Its arguments, asked for at each start: ports that it had are in <see cref="Port"/>.</param>
    public TrunkProcess(string project, string data, Func<TrunkProcess, IEnumerable<string>> arguments)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        _program = Path.Combine(Repository.Root, project, "bin", build.Parent!.Name, build.Name, Path.GetFileName(project) + ".dll");
        (Data, _arguments) = (data, arguments);
    }

    public string Data { get; }

    public string Words
    {
        get
        {
            lock (_words) return _words.ToString();
        }
    }

    public bool HasExited => _process?.HasExited ?? true;

    /// <summary>The most memory that it held since it was started.</summary>
    public long PeakBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{_process!.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line["VmHWM:".Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture) << 10;
        }
    }

    public int ExitCode => _process!.ExitCode;

    /// <summary>A port of its last start; 0 before the first, which means any free one.</summary>
    public int Port(string name)
    {
        var file = Path.Combine(Data, "ports.json");
        if (_ports.TryGetValue(name, out var port)) return port;
        if (!File.Exists(file)) return 0;
        foreach (var (key, value) in JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(file))!) _ports[key] = value;
        return _ports.GetValueOrDefault(name);
    }

    private readonly Dictionary<string, int> _ports = [];

    public void Start()
    {
        _process?.Dispose();
        Directory.CreateDirectory(Data);
        _process = Process.Start(new ProcessStartInfo("dotnet", [_program, .. _arguments(this)]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> StartReadyAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        Start();
        while (!await IsReadyAsync(cancellationToken))
        {
            Assert.False(HasExited, $"{Path.GetFileName(_program)} ended: {Words}");
            Assert.True(Stopwatch.GetElapsedTime(begin) < atMost, $"{Path.GetFileName(_program)} was not ready within {atMost.TotalSeconds} s, it said last: {_readiness}; {Words}");
            await Task.Delay(50, cancellationToken);
        }
        return Stopwatch.GetElapsedTime(begin);
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using (var term = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)])) await term.WaitForExitAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(TimeSpan.FromSeconds(15), cancellationToken);
    }

    public async Task<string> GetAsync(string path, CancellationToken cancellationToken) =>
        await _http.GetStringAsync(new Uri($"http://127.0.0.1:{Port("http")}{path}"), cancellationToken);

    /// <summary>The sum of a term of <c>/audit</c> over all lanes.</summary>
    public async Task<long> AuditAsync(string term, CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse(await GetAsync("/audit", cancellationToken));
        return json.RootElement.GetProperty("items").EnumerateArray().Sum(lane => lane.GetProperty(term).GetInt64());
    }

    /// <summary>The same of now: a server whose store is long at an append shows its books of before and says so, and is asked again.</summary>
    public async Task<long> AuditNowAsync(string term, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var json = JsonDocument.Parse(await GetAsync("/audit", cancellationToken));
            if (json.RootElement.GetProperty("current").GetBoolean()) return json.RootElement.GetProperty("items").EnumerateArray().Sum(lane => lane.GetProperty(term).GetInt64());
            await Task.Delay(200, cancellationToken);
        }
    }

    public void Dispose()
    {
        if (_process is null) return;
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        // The ports of a start before this one say nothing of it, but a process that was given fixed ones has the same.
        if (Port("http") == 0) return false;
        try
        {
            using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{Port("http")}/health/ready"), cancellationToken);
            _readiness = await answer.Content.ReadAsStringAsync(cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            _readiness = error.Message;
            return false;
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (_words)
            if (_words.Length < 1 << 20) _words.AppendLine(line.Data);
    }
}
