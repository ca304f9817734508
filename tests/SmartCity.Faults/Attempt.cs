using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Faults;

/// <summary>One time that a fault is brought about: its city, its witness, its random instants, and what is found.</summary>
internal sealed class Attempt(FaultCity city, string journals, int number, int seed, Breakage breakage, Action<string> say, CancellationToken stop) : IDisposable
{
    private readonly List<Witness> _witnesses = [];
    private readonly (int Gateway, int Server) _words = (city.Gateway.Words.Length, city.Server.Words.Length);

    public FaultCity City => city;
    public FaultProcess Gateway => city.Gateway;
    public FaultProcess Server => city.Server;
    public int Number => number;
    /// <summary>Of the instants of the fault.</summary>
    public Random Random { get; } = new(seed);
    public CancellationToken Stop => stop;
    /// <summary>The packets between gateway and cloud, in a row that has them.</summary>
    public PacketLink? Packets { get; set; }
    public Verdict Verdict { get; private set; } = new(0, 0, 0, 0, 0, 0, 0, 0);
    /// <summary>Longest time that a process took to be ready again.</summary>
    public TimeSpan Recovery { get; private set; }
    /// <summary>What a person was told meanwhile: health, audit, log.</summary>
    public List<string> Said { get; } = [];
    /// <summary>Figures of the row's own.</summary>
    public SortedDictionary<string, object> Figures { get; } = [];

    /// <summary>Devices for this attempt; their ids have not been used before.</summary>
    public Witness Witness(Load load, FaultProcess? gateway = null, Func<int>? port = null)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{city.Row.Number}-{number}-{_witnesses.Count}-");
        var process = gateway;
        var witness = new Witness(prefix, load, Path.Combine(journals, $"{city.Row.Name}-{prefix}.journal"), port ?? (() => (process ?? city.Gateway).Port("mqtt")), Random.Next());
        _witnesses.Add(witness);
        return witness;
    }

    /// <summary>A moment of the load.</summary>
    public Task PauseAsync(int fromMilliseconds, int toMilliseconds) => Task.Delay(Random.Next(fromMilliseconds, toMilliseconds), stop);

    /// <summary>
    /// Starts a process again and keeps how long that took; it must be within the promise: 10 s at the edge, 30 s in the cloud. On a machine
    /// whose load is over twice its cores the time says nothing of the process: it is kept as a figure and does not fail the row. Then waits until
    /// the gateway is connected, where the link and both sides are there.
    /// </summary>
    public async Task RestartAsync(FaultProcess process)
    {
        var promise = TimeSpan.FromSeconds(process == city.Server ? 30 : 10);
        var took = await process.StartReadyAsync(TimeSpan.FromSeconds(90), stop);
        if (took > Recovery) Recovery = took;
        var linked = Math.Round((await city.ConnectedAsync(process == city.Server ? city.Gateway : process, stop)).TotalSeconds, 1);
        if (Figures.GetValueOrDefault("connectedSeconds") is not double longest || linked > longest) Figures["connectedSeconds"] = linked;
        if (took <= promise) return;
        var load = double.Parse((await File.ReadAllTextAsync("/proc/loadavg", stop)).Split(' ')[0], CultureInfo.InvariantCulture);
        Require(load > Environment.ProcessorCount * 2, $"{process.Name} was ready after {took.TotalSeconds:0.0} s, and {promise.TotalSeconds} s are promised");
        Figures["machineOverloaded"] = load;
    }

    /// <summary>Keeps what health says now.</summary>
    public async Task HearAsync(string when)
    {
        Said.Add($"{when}: gateway {await Gateway.HealthAsync(stop)}; server {await Server.HealthAsync(stop)}");
    }

    /// <summary>Waits until the devices have everything acknowledged, lets the city settle and compares.</summary>
    public async Task ConcludeAsync(Task load, Witness witness, int seconds = 60, FaultProcess? gateway = null, string? id = null)
    {
        (gateway, id) = (gateway ?? city.Gateway, id ?? city.GatewayId);
        try
        {
            await load.WaitAsync(TimeSpan.FromSeconds(seconds), stop);
        }
        catch (TimeoutException)
        {
            throw new FaultException($"after {seconds} s {witness.Acknowledged} are acknowledged of {witness.Attempted} attempted. Gateway {await gateway.HealthAsync(stop)}");
        }
        await city.SettleAsync(TimeSpan.FromSeconds(seconds), stop, gateway, id);
        Verdict = Verdict.Plus(await Oracle.CompareAsync(witness, city.Server, new Dictionary<string, FaultProcess> { [id] = gateway }, breakage, stop));
        KeepComplaints();
    }

    /// <summary>Keeps a comparison that the row made itself.</summary>
    public void Found(Verdict verdict) => Verdict = Verdict.Plus(verdict);

    public void KeepComplaints()
    {
        foreach (var line in city.Gateway.Complaints(_words.Gateway).Take(4)) Keep("gateway log: " + line);
        foreach (var line in city.Server.Complaints(_words.Server).Take(4)) Keep("server log: " + line);

        void Keep(string line)
        {
            if (!Said.Contains(line)) Said.Add(line.Length > 400 ? line[..400] : line);
        }
    }

    public void Say(string what) => say(what);

    public static void Require(bool holds, string what)
    {
        if (!holds) throw new FaultException(what);
    }

    public void Dispose()
    {
        foreach (var witness in _witnesses) witness.Dispose();
    }
}
