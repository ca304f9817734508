using System.Globalization;
using System.Text;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Tolling.Charging;

/// <summary>A toll point of two lanes at one price, and the events of cars that pass it.</summary>
internal static class Corridor
{
    public const long Noon = 1_774_000_800_000_000;
    public static TollPointLayout Point { get; } = new("THN", [new("THN-1-L1", "north"), new("THN-1-L2", "north")]);

    /// <summary>What the devices of a lane send of one car: classifier, tag and front camera.</summary>
    public static IEnumerable<TollEvent> Car(int number, long time, string lane, string plate, long tag)
    {
        var seq = (ulong)number;
        yield return Event($"A-{lane}", seq, time, lane, TollEventKind.Avc, $$"""{"axles":2,"class":"car","count":{{number}}}""");
        yield return Event($"T-{lane}", seq, time + 100_000, lane, TollEventKind.Tag, $$"""{"issuer":1,"tag":"{{tag}}","class":"car"}""");
        yield return Event($"C-{lane}", seq, time + 200_000, lane, TollEventKind.Anpr, $$"""{"side":"front","candidates":[{"text":"{{plate}}","country":"IR","confidence":0.99}]}""");
    }

    public static TollEvent Event(string device, ulong seq, long time, string lane, TollEventKind kind, string json) =>
        new(device, 1, seq, time, time + 50_000, TollClock.Locked, lane, kind, ReadingQuality.Good, Encoding.UTF8.GetBytes(json));

    /// <summary>A plate of its own for each number.</summary>
    public static string PlateOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{11 + number % 9}ب{111 + number % 9}{11 + number % 9}");
}

/// <summary>One price a passage, and a cap a day.</summary>
internal sealed class FlatRules(long price, long capOfDay = long.MaxValue) : ITollRules
{
    public CorrelationKnowledge Knowledge { get; init; } = CorrelationKnowledge.None;

    public TollPointLayout? PointOf(string lane) => Corridor.Point.Lanes.Any(one => one.Id == lane) ? Corridor.Point : null;

    public DateOnly DayOf(string point, long time) => DateOnly.FromDateTime(UnixMicros.ToTime(time).UtcDateTime);

    public RatingScope ScopeOf(DateOnly day) => new((day, day), (day, day));

    public IReadOnlyList<Charge> Rate(IReadOnlyList<Passage> passages, RatingScope scope)
    {
        var left = capOfDay;
        return [.. passages.OrderBy(passage => passage.Time).ThenBy(passage => passage.Id, StringComparer.Ordinal).Select(passage =>
        {
            var net = Math.Min(price, left);
            left -= net;
            return new Charge(passage.Id, 0, passage.TollPoint, passage.Lane, DayOf(passage.TollPoint, passage.Time), passage.Time, passage.Vehicle, ChargeOutcome.Charged, null,
                $"liability:prepaid:{passage.Tag?.Tag ?? "none"}", [new NetShare("road", net)], net / 10, "flat/1", [new ChargeStep("price", "car", "0", "0")]);
        })];
    }
}

/// <summary>A second toll point, 10 km from the first.</summary>
internal sealed class TwoPoints : ITollRules
{
    private readonly FlatRules _first = new(1_000);
    private readonly TollPointLayout _second = new("KRJ", [new("KRJ-1-L1", "north")]);

    public CorrelationKnowledge Knowledge { get; } = new(
        tag => tag.Tag == "7001" ? SmartCity.Cloud.Tolling.Plates.PlateGrammar.Parse(Corridor.PlateOf(1)) : null, _ => false, new HashSet<ulong> { 1 });

    public TollPointLayout? PointOf(string lane) => lane.StartsWith("KRJ", StringComparison.Ordinal) ? _second : _first.PointOf(lane);

    public DateOnly DayOf(string point, long time) => _first.DayOf(point, time);

    public double? MetresBetween(string from, string to) => 10_000;

    public RatingScope ScopeOf(DateOnly day) => _first.ScopeOf(day);

    public IReadOnlyList<Charge> Rate(IReadOnlyList<Passage> passages, RatingScope scope) => _first.Rate(passages, scope);
}
