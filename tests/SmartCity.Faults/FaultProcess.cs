using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace SmartCity.Faults;

/// <summary>One of the house's executables as a real process: killed, traced, starved and started again with its data and its ports.</summary>
internal sealed partial class FaultProcess : IDisposable
{
    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };
    private readonly string _program;
    private readonly Func<FaultProcess, IEnumerable<string>> _arguments;
    private readonly StringBuilder _words = new();
    private readonly Dictionary<string, int> _ports = [];
    private Process? _process;
    private long _rssPeak;

    /// <param name="project">E.g. <c>edge/SmartCity.Edge.Gateway</c>.</param>
    /// <param name="data">Its data folder.</param>
    /// <param name="arguments">Its arguments, asked for at each start: ports that it had are in <see cref="Port"/>.</param>
    public FaultProcess(string project, string data, Func<FaultProcess, IEnumerable<string>> arguments)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        _program = Path.Combine(Repository.Root, project, "bin", build.Parent!.Name, build.Name, Path.GetFileName(project) + ".dll");
        (Name, Data, _arguments) = (Path.GetFileName(project), data, arguments);
    }

    public string Name { get; }
    /// <summary>Its data folder; another one from the next start on where it is set.</summary>
    public string Data { get; set; }
    /// <summary>Command that it is started by, e.g. <c>prlimit --nofile=64</c>.</summary>
    public IReadOnlyList<string> Before { get; set; } = [];
    /// <summary>Further variables of its environment.</summary>
    public Dictionary<string, string> Environment { get; } = [];
    public int Id => _process!.Id;
    public bool HasExited => _process?.HasExited ?? true;
    public int ExitCode => _process!.ExitCode;

    /// <summary>Everything that it said since it was made.</summary>
    public string Words
    {
        get
        {
            lock (_words) return _words.ToString();
        }
    }

    /// <summary>Most memory that it had over all its lives, MiB.</summary>
    public long RssPeakMegabytes
    {
        get
        {
            if (!HasExited) Measure();
            return _rssPeak / 1024;
        }
    }

    /// <summary>A port of its last start; 0 before the first, which means any free one.</summary>
    public int Port(string name)
    {
        if (_ports.TryGetValue(name, out var port)) return port;
        var file = Path.Combine(Data, "ports.json");
        if (!File.Exists(file)) return 0;
        foreach (var (key, value) in JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(file))!) _ports[key] = value;
        return _ports.GetValueOrDefault(name);
    }

    public void Start()
    {
        _process?.Dispose();
        Directory.CreateDirectory(Data);
        string[] line = [.. Before, "dotnet", _program, .. _arguments(this)];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in Environment) start.Environment[key] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> StartReadyAsync(TimeSpan atMost, CancellationToken stop)
    {
        var begin = Stopwatch.GetTimestamp();
        Start();
        await ReadyAsync(atMost, stop);
        return Stopwatch.GetElapsedTime(begin);
    }

    /// <summary>Waits until it is ready.</summary>
    public async Task ReadyAsync(TimeSpan atMost, CancellationToken stop)
    {
        var begin = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(stop))
        {
            if (HasExited) throw new FaultException($"{Name} ended with {ExitCode}: {LastWords()}");
            if (Stopwatch.GetElapsedTime(begin) > atMost) throw new FaultException($"{Name} was not ready within {atMost.TotalSeconds} s: {await HealthAsync(stop)} {LastWords()}");
            await Task.Delay(25, stop);
        }
    }

    /// <summary>Waits until it answers, ready or not.</summary>
    public async Task AnswersAsync(CancellationToken stop)
    {
        for (var begin = Stopwatch.GetTimestamp(); Port("http") == 0 || await HealthAsync(stop) == "no answer"; await Task.Delay(50, stop))
            if (HasExited || Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(30)) throw new FaultException($"{Name} does not answer: {LastWords()}");
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        if (HasExited) return;
        Measure();
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> StopAsync(CancellationToken stop)
    {
        if (HasExited) return TimeSpan.Zero;
        var begin = Stopwatch.GetTimestamp();
        Measure();
        Signal(15);
        try
        {
            await _process!.WaitForExitAsync(stop).WaitAsync(TimeSpan.FromSeconds(20), stop);
        }
        catch (TimeoutException)
        {
            throw new FaultException($"{Name} did not end within 20 s of SIGTERM: {LastWords()}");
        }
        return Stopwatch.GetElapsedTime(begin);
    }

    public void Signal(int number) => _ = kill(Id, number);

    /// <summary>Waits for its end; false where it goes on.</summary>
    public async Task<bool> EndsAsync(TimeSpan atMost, CancellationToken stop)
    {
        try
        {
            await _process!.WaitForExitAsync(stop).WaitAsync(atMost, stop);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Has strace do something to its system calls from now on, until the answer is disposed of.</summary>
    public async Task<Tracer> TraceAsync(string trace, string inject, CancellationToken stop)
    {
        var tracer = new Tracer(Id, trace, inject);
        for (var begin = Stopwatch.GetTimestamp(); !HasExited && !tracer.IsAttached; await Task.Delay(5, stop))
            if (Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(10)) throw new FaultException($"strace could not attach to {Name}: {tracer.Words}");
        return tracer;
    }

    public async Task<string> GetAsync(string path, string? accept, CancellationToken stop)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{Port("http")}{path}"));
        if (accept is not null) ask.Headers.Accept.ParseAdd(accept);
        using var answer = await _http.SendAsync(ask, stop);
        var text = await answer.Content.ReadAsStringAsync(stop);
        return answer.IsSuccessStatusCode || path.StartsWith("/health", StringComparison.Ordinal) ? text : throw new HttpRequestException($"{path} answered {(int)answer.StatusCode}: {text}");
    }

    /// <summary>The sum of a term of <c>/audit</c> over all lanes, of one gateway or all.</summary>
    public async Task<long> AuditAsync(string term, CancellationToken stop, string? gateway = null)
    {
        using var json = JsonDocument.Parse(await GetAsync("/audit", null, stop));
        return json.RootElement.GetProperty("items").EnumerateArray()
            .Where(lane => gateway is null || lane.GetProperty("gateway").GetString() == gateway).Sum(lane => lane.GetProperty(term).GetInt64());
    }

    /// <summary>What <c>/health/ready</c> says is wrong; "ready" where nothing is, "no answer" where it does not speak.</summary>
    public async Task<string> HealthAsync(CancellationToken stop)
    {
        if (HasExited) return $"ended with {ExitCode}";
        try
        {
            using var json = JsonDocument.Parse(await GetAsync("/health/ready", null, stop));
            var wrong = json.RootElement.GetProperty("parts").EnumerateArray().Where(part => !part.GetProperty("ok").GetBoolean() || part.GetProperty("reason").ValueKind == JsonValueKind.String)
                .Select(part => $"{part.GetProperty("part").GetString()}: {part.GetProperty("reason").GetString()}").ToList();
            return wrong.Count == 0 ? "ready" : string.Join("; ", wrong);
        }
        catch (Exception error) when (error is HttpRequestException or JsonException || error is OperationCanceledException && !stop.IsCancellationRequested)
        {
            return "no answer";
        }
    }

    /// <summary>Warnings and errors of its log from a place of <see cref="Words"/> on, without repeats.</summary>
    public IReadOnlyList<string> Complaints(int from) =>
        [.. Words[Math.Min(from, Words.Length)..].Split('\n').Where(line => line.Contains("warn", StringComparison.Ordinal) || line.Contains("fail", StringComparison.Ordinal) || line.Contains("crit", StringComparison.Ordinal) || line.StartsWith("The ", StringComparison.Ordinal))
            .Select(line => line.Trim()).DistinctBy(line => line.Length > 60 ? line[^40..] : line)];

    public string LastWords() => Words is { Length: > 1500 } words ? words[^1500..] : Words;

    public void Dispose()
    {
        if (_process is null) return;
        Kill();
        _process.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        if (HasExited || Port("http") == 0) return false;
        try
        {
            using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{Port("http")}/health/ready"), stop);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Measure()
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{Id}/status"))
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    _rssPeak = Math.Max(_rssPeak, long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (_words)
            if (_words.Length < 4 << 20) _words.AppendLine(line.Data);
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}

/// <summary>An strace that is attached to a process; disposing of it lets the process go on by itself.</summary>
internal sealed class Tracer : IDisposable
{
    private readonly Process _strace;
    private readonly int _process;
    private readonly Task<string> _words;

    public Tracer(int process, string trace, string inject)
    {
        _process = process;
        _strace = Process.Start(new ProcessStartInfo("strace",
            ["-f", "-qq", "-o", "/dev/null", "-p", process.ToString(CultureInfo.InvariantCulture), "-e", $"trace={trace}", "-e", $"inject={inject}"]) { RedirectStandardError = true })!;
        _words = _strace.StandardError.ReadToEndAsync();
    }

    /// <summary>Whether every thread of the process is traced.</summary>
    public bool IsAttached
    {
        get
        {
            try
            {
                return _strace.HasExited || Directory.GetDirectories($"/proc/{_process}/task").All(task => !File.ReadAllText(task + "/status").Contains("TracerPid:\t0\n", StringComparison.Ordinal));
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    public string Words => _words.IsCompleted ? _words.Result : "";

    public void Dispose()
    {
        // SIGINT detaches; a kill would leave it to chance.
        if (!_strace.HasExited) using (var end = Process.Start("kill", ["-INT", _strace.Id.ToString(CultureInfo.InvariantCulture)])) end.WaitForExit();
        _strace.WaitForExit(5_000);
        _strace.Dispose();
    }
}
