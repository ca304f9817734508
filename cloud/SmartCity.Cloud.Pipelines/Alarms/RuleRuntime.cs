using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>What is so for all alarms of a rule together: how often it has told, and who lies near whom.</summary>
internal sealed class RuleRuntime(CompiledRule rule, AlarmFold fold)
{
    public const int NeighboursMax = 8, NeighboursMin = 3;
    private const long Hour = 3_600 * UnixMicros.PerSecond;
    /// <summary>Degrees of a cell; a little over five kilometres from south to north.</summary>
    private const double Cell = 0.05;
    private const double MetresOfDegree = 111_320;

    private Dictionary<(int, int), List<AlarmPoint>>? _cells;

    public CompiledRule Rule => rule;
    public List<AlarmPoint> Points { get; } = [];
    /// <summary>Another one where somebody may lie nearer than before.</summary>
    public long PlacesVersion { get; private set; }
    /// <summary>When it told somebody in the last hour.</summary>
    public List<long> Told { get; init; } = [];
    /// <summary>Messages held back since, by channel.</summary>
    public SortedDictionary<string, int> Held { get; init; } = new(StringComparer.Ordinal);

    public void PlacesChanged()
    {
        _cells = null;
        PlacesVersion++;
    }

    /// <summary>Tells somebody, or holds it back until there is room again.</summary>
    public void Tell(AlarmPoint point, string channel, int step, long now)
    {
        if (fold.HoldsInFlood(rule.Rule.Priority, channel)) return;
        Forget(now);
        if (Told.Count >= rule.PerHourMax)
        {
            Held[channel] = Held.GetValueOrDefault(channel) + 1;
            fold.ScheduleRoom(this, Told[0] + Hour);
            return;
        }
        Told.Add(now);
        Held.Remove(channel, out var held);
        fold.Say(new AlarmNotice(now, channel, rule.Rule.Id, point.Source, point.State.Alarm, rule.Rule.Priority, step, held));
    }

    /// <summary>There is room: what was held back is told in one message a channel.</summary>
    public void Room(long now)
    {
        Forget(now);
        while (Held.Count > 0 && Told.Count < rule.PerHourMax)
        {
            var (channel, held) = Held.First();
            Held.Remove(channel);
            Told.Add(now);
            fold.Say(new AlarmNotice(now, channel, rule.Rule.Id, null, 0, rule.Rule.Priority, 0, held));
        }
        if (Held.Count > 0) fold.ScheduleRoom(this, Told[0] + Hour);
    }

    /// <summary>The nearest others with a place.</summary>
    public List<AlarmPoint> Nearest(AlarmPoint point)
    {
        if (_cells is null)
        {
            _cells = [];
            foreach (var other in Points)
            {
                if (fold.PlaceOf(other.Device!) is not { } place) continue;
                if (!_cells.TryGetValue(CellOf(place), out var cell)) _cells.Add(CellOf(place), cell = []);
                cell.Add(other);
            }
        }
        if (fold.PlaceOf(point.Device!) is not { } here) return [];
        var (row, column) = CellOf(here);
        var near = new List<(double Metres, AlarmPoint Point)>();
        var reach = (int)Math.Ceiling(fold.NeighbourMetres / (Cell * MetresOfDegree * Math.Max(0.1, Math.Cos(here.Latitude * Math.PI / 180))));
        for (var y = row - reach; y <= row + reach; y++)
            for (var x = column - reach; x <= column + reach; x++)
                foreach (var other in _cells.GetValueOrDefault((y, x)) ?? [])
                    if (other != point && Metres(here, fold.PlaceOf(other.Device!)!.Value) is var metres && metres <= fold.NeighbourMetres) near.Add((metres, other));
        near.Sort((one, other) => one.Metres != other.Metres ? one.Metres.CompareTo(other.Metres) : one.Point.CompareTo(other.Point));
        return [.. near.Take(NeighboursMax).Select(one => one.Point)];
    }

    private void Forget(long now) => Told.RemoveAll(told => told <= now - Hour);

    private static (int, int) CellOf((double Latitude, double Longitude) place) => ((int)Math.Floor(place.Latitude / Cell), (int)Math.Floor(place.Longitude / Cell));

    private static double Metres((double Latitude, double Longitude) one, (double Latitude, double Longitude) other)
    {
        var (north, east) = ((other.Latitude - one.Latitude) * MetresOfDegree, (other.Longitude - one.Longitude) * MetresOfDegree * Math.Cos(one.Latitude * Math.PI / 180));
        return Math.Sqrt((north * north) + (east * east));
    }
}
