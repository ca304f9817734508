using System.Globalization;
using System.Text;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

/// <summary>A toll point with three lanes north and one south, and what its devices say. Times are milliseconds after <see cref="Start"/>.</summary>
internal sealed class Road
{
    /// <summary>Begin of a cell: 2026-11-24T06:10:00Z.</summary>
    public const long Start = 1_795_500_600_000_000;

    /// <summary>Of its third lane it is said which devices are over it.</summary>
    public static readonly TollPointLayout Point = new("THN-1",
        [new("L1", "north"), new("L2", "north"), new("L3", "north", new HashSet<string>(["avc-L3", "tag-L3", "loop-L3", "anpr-L3-front", "anpr-L3-rear", "anpr-L3-overview"])), new("L4", "south")]);
    public static readonly TimeWindow Cell = new(Start, Start + 600_000_000);

    private readonly Dictionary<string, ulong> _sequences = [];
    private readonly Dictionary<TagId, Plate> _accounts = [];
    private readonly HashSet<string> _register = [];

    public List<TollEvent> Events { get; } = [];
    public HashSet<ulong> Domestic { get; } = [];
    public CorrelationOptions Options { get; set; } = CorrelationOptions.Default;
    public CorrelationKnowledge Knowledge => new(tag => _accounts.GetValueOrDefault(tag), _register.Contains, Domestic);

    public static Plate Plate(string text) => PlateGrammar.Parse(text, text.All(char.IsAscii) && text.Any(char.IsAsciiLetter) ? "TR" : "IR")!;

    public Road Account(ulong issuer, string tag, string plate)
    {
        _accounts[new TagId(issuer, tag)] = Plate(plate);
        return Register(plate);
    }

    public Road Register(params string[] plates)
    {
        foreach (var plate in plates) _register.Add(Plate(plate).Key);
        return this;
    }

    public TollEvent Avc(string lane, long ms, string? vehicleClass = "1") =>
        Add($"avc-{lane}", lane, ms, TollEventKind.Avc, vehicleClass is null ? "\"axles\":2" : $"\"axles\":2,\"class\":\"{vehicleClass}\"");

    public TollEvent Tag(string lane, long ms, ulong issuer, string tag, string? vehicleClass = "1", int reads = 5, double rssi = -60) =>
        Add($"tag-{lane}", lane, ms, TollEventKind.Tag, string.Create(CultureInfo.InvariantCulture,
            $"\"issuer\":{issuer},\"tag\":\"{tag}\",\"reads\":{reads},\"rssi_dbm\":{rssi}{(vehicleClass is null ? "" : $",\"class\":\"{vehicleClass}\"")}"));

    public TollEvent Anpr(string lane, long ms, string plate, double confidence = 0.97, string side = "front") =>
        Add($"anpr-{lane}-{side}", lane, ms, TollEventKind.Anpr, string.Create(CultureInfo.InvariantCulture,
            $"\"side\":\"{side}\",\"candidates\":[{{\"text\":\"{plate}\",\"country\":\"{(plate.All(char.IsAscii) && plate.Any(char.IsAsciiLetter) ? "TR" : "IR")}\",\"confidence\":{confidence}}}]"));

    public TollEvent Loop(string lane, long ms) => Add($"loop-{lane}", lane, ms, TollEventKind.Loop, "\"occupied_ms\":420");

    public TollEvent Counter(string lane, long ms) => Add($"avc-{lane}", lane, ms, TollEventKind.Counter, "\"counts\":{\"avc\":88121}");

    public TollEvent Add(string device, string lane, long ms, TollEventKind kind, string members)
    {
        var sequence = _sequences[device] = _sequences.GetValueOrDefault(device) + 1;
        var time = Start + ms * 1_000;
        var e = new TollEvent(device, 7, sequence, time, time + 40_000, TollClock.Locked, lane, kind, ReadingQuality.Good, Encoding.UTF8.GetBytes($"{{\"seq\":{sequence},{members}}}"));
        Events.Add(e);
        return e;
    }

    /// <summary>Puts another event in the place of the last.</summary>
    public TollEvent Change(Func<TollEvent, TollEvent> change) => Events[^1] = change(Events[^1]);

    public CorrelationResult Correlate() => Correlate(Events, Cell);

    public CorrelationResult Correlate(IEnumerable<TollEvent> events, TimeWindow window) => Correlator.Correlate(Point, window, events, Knowledge, Options);
}
