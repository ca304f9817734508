using System.Globalization;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>Differences of prices, gathered over days of the same kind.</summary>
internal sealed class PriceEffects(string corridor)
{
    /// <summary>An open end is looked at for so long after the last holiday of a single year: a year and a day has every kind of day that comes again.</summary>
    private const int OpenDays = 366;

    private readonly Dictionary<(string What, string VehicleClass, TimeOnly From, TimeOnly To, string Before, string After), Span> _spans = [];

    public void Add(DateTime from, DateTime? to, EffectSide before, EffectSide after)
    {
        var comesAgain = to is null ? LastOfOnce(from, before, after) : DateOnly.MaxValue;
        var end = to ?? comesAgain.AddDays(OpenDays).ToDateTime(TimeOnly.MinValue);
        var (first, last) = (DateOnly.FromDateTime(from), DateOnly.FromDateTime(end.AddTicks(-1)));
        var (begin, stop) = (TimeOnly.FromDateTime(from), TimeOnly.FromDateTime(end));
        if (first == last) Days(first, last, begin, stop);
        else
        {
            // A day that a version begins or ends within is a piece of its own.
            if (begin != TimeOnly.MinValue) Days(first, first, begin, TimeOnly.MinValue);
            if (stop != TimeOnly.MinValue) Days(last, last, TimeOnly.MinValue, stop);
            Days(begin == TimeOnly.MinValue ? first : first.AddDays(1), stop == TimeOnly.MinValue ? last : last.AddDays(-1), TimeOnly.MinValue, TimeOnly.MinValue);
        }

        void Days(DateOnly a, DateOnly b, TimeOnly start, TimeOnly until)
        {
            var kinds = new Dictionary<(DayKind, DayKind), (DateOnly First, DateOnly Last, int Count)>();
            for (var day = a; day <= b; day = day.AddDays(1))
            {
                var kind = EffectSide.KindsOf(before, after, day);
                kinds[kind] = kinds.TryGetValue(kind, out var known) ? (known.First, day, known.Count + 1) : (day, day, 1);
            }
            foreach (var ((old, young), days) in kinds) OneKind(before, after, old, young, days, start, until, days.Last > comesAgain);
        }
    }

    private static DateOnly LastOfOnce(DateTime from, EffectSide before, EffectSide after)
    {
        var last = (before.Calendar?.Holidays ?? []).Concat(after.Calendar?.Holidays ?? []).Append(DateOnly.FromDateTime(from)).Max();
        var latest = DateOnly.MaxValue.AddDays(-OpenDays - 1);
        return last < latest ? last : latest;
    }

    public IEnumerable<EffectRow> Rows() => _spans.Select(span => new EffectRow(corridor, span.Key.What, span.Key.VehicleClass, string.Join(", ", span.Value.Kinds.Order(StringComparer.Ordinal)),
        (span.Key.From, span.Key.To) == default ? "" : string.Create(CultureInfo.InvariantCulture, $"{span.Key.From:HH:mm}–{(span.Key.To == default ? "24:00" : span.Key.To.ToString("HH:mm", CultureInfo.InvariantCulture))}"),
        span.Value.First, span.Value.GoesOn ? null : span.Value.Last, span.Value.GoesOn ? 0 : span.Value.Count, span.Key.Before, span.Key.After));

    private void OneKind(EffectSide before, EffectSide after, DayKind old, DayKind young, (DateOnly First, DateOnly Last, int Count) days, TimeOnly start, TimeOnly until, bool goesOn)
    {
        var edges = before.Edges(old).Concat(after.Edges(young)).Where(edge => edge > start && (until == TimeOnly.MinValue || edge < until)).Append(start).Distinct().Order().ToList();
        var open = new Dictionary<(string What, string VehicleClass), (TimeOnly From, string Before, string After)>();
        foreach (var edge in edges)
        {
            var (was, willBe) = (before.Prices(before.BandAt(old, edge)).ToDictionary(), after.Prices(after.BandAt(young, edge)).ToDictionary());
            foreach (var cell in was.Keys.Union(willBe.Keys).Union(open.Keys).ToList())
            {
                var (a, b) = (was.GetValueOrDefault(cell, "–"), willBe.GetValueOrDefault(cell, "–"));
                if (open.TryGetValue(cell, out var running))
                {
                    if ((running.Before, running.After) == (a, b)) continue;
                    Close(cell, running, edge);
                    open.Remove(cell);
                }
                if (a != b) open[cell] = (edge, a, b);
            }
        }
        foreach (var (cell, running) in open) Close(cell, running, until);

        void Close((string What, string VehicleClass) cell, (TimeOnly From, string Before, string After) running, TimeOnly end)
        {
            var key = (cell.What, cell.VehicleClass, running.From, end, running.Before, running.After);
            if (!_spans.TryGetValue(key, out var span)) _spans[key] = span = new Span { First = days.First, Last = days.Last };
            (span.First, span.Last, span.Count, span.GoesOn) = (span.First < days.First ? span.First : days.First, span.Last > days.Last ? span.Last : days.Last, span.Count + days.Count, span.GoesOn || goesOn);
            span.Kinds.Add(old == young ? Name(old) : $"{Name(old)} as {Name(young)}");
        }
    }

    private static string Name(DayKind kind) => kind switch { DayKind.Working => "working", DayKind.Eve => "eve", DayKind.Weekend => "weekend", DayKind.Holiday => "holiday", _ => "excluded month" };

    private sealed class Span
    {
        public DateOnly First { get; set; }
        public DateOnly Last { get; set; }
        public int Count { get; set; }
        public bool GoesOn { get; set; }
        public HashSet<string> Kinds { get; } = new(StringComparer.Ordinal);
    }
}
