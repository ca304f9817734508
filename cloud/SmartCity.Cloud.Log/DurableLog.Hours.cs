using System.Security.Cryptography;
using SmartCity.Model;

namespace SmartCity.Cloud.Log;

// What came within each hour, made as it comes, in the transaction of its rows.
public sealed partial class DurableLog
{
    private const long HourMicros = 3_600_000_000;
    private const int HoursRemembered = 4_096;

    private static readonly byte[] _emptyHash = SHA256.HashData([]);

    private readonly Dictionary<(PositionKey Position, long Hour), HourState> _hours = [];
    private readonly HashSet<(PositionKey Position, long Hour)> _touchedHours = [];
    private Statement _findHour = null!, _saveHour = null!;

    /// <summary>What came by gateway, hour, lane and epoch, ordered so.</summary>
    /// <param name="gateway">Only this gateway; null = all.</param>
    /// <param name="from">Hours that begin at or after this, µs since 1970 UTC.</param>
    /// <param name="to">Hours that begin before this.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="after">Only what comes after this gateway's hour in that order; null = from the first.</param>
    public IReadOnlyList<LaneHour> Hours(string? gateway, long from, long to, int limit, (string Gateway, long Hour)? after = null)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var hours = new Statement(_reader, "SELECT gateway, id, hour, lane, epoch, first, last, received, rows, root, hour.seal FROM hour JOIN gateway ON ordinal=gateway " +
                    "WHERE hour >= ?1 AND hour < ?2 AND (?4='' OR id=?4) AND (id, hour) > (?5, ?6) ORDER BY id, hour, lane DESC, first, epoch LIMIT ?3");
                hours.With(from, to, limit).Bind(4, gateway ?? "").Bind(5, after?.Gateway ?? "").Bind(6, after?.Hour ?? long.MinValue);
                using var gaps = new Statement(_reader, "SELECT first, last, reason, recorded, seal FROM gap WHERE gateway=? AND epoch=? AND lane=? AND recorded>=? AND recorded<? ORDER BY first");
                var found = new List<LaneHour>();
                while (hours.Step())
                {
                    var root = hours.Span(9).ToArray();
                    if (hours.Long(10) != SealOfHour(hours.Long(0), hours.Long(2), hours.Long(3), hours.Long(4), hours.Long(5), hours.Long(6), hours.Long(7), hours.Long(8), root)) throw Wrong("hour");
                    var missing = new List<MissingRange>();
                    gaps.With(hours.Long(0), hours.Long(4), hours.Long(3), hours.Long(2), hours.Long(2) + HourMicros);
                    while (gaps.Step())
                    {
                        long[] fields = [hours.Long(0), hours.Long(4), hours.Long(3), gaps.Long(0), gaps.Long(1), gaps.Long(2), gaps.Long(3)];
                        if (Seal.Check(SealKind.Gap, fields, gaps.Maybe(4)) == SealVerdict.Damaged) throw Wrong("gap");
                        missing.Add(new MissingRange(fields[3], fields[4], (GapReason)fields[5], fields[6]));
                    }
                    gaps.Reset();
                    found.Add(new LaneHour(hours.Text(1), hours.Long(2), (Lane)hours.Long(3), unchecked((ulong)hours.Long(4)), hours.Long(5), hours.Long(6), hours.Long(7), hours.Long(8), root, missing));
                }
                return found;
            });
        }
    }

    private void CountInHour(PositionKey key, long now, long first, long last, int received)
    {
        var hour = HourOf(key, now);
        if (hour.First == 0) hour.First = first;
        hour.Last = last;
        hour.Received += received;
    }

    private void HashInHour(PositionKey key, long now, string gateway, long first, int sequences, int count, ReadOnlySpan<byte> columns, ReadOnlySpan<byte> columnsHash)
    {
        var hour = HourOf(key, now);
        Span<byte> hash = stackalloc byte[HourHash.Length];
        if (columnsHash.Length == HourHash.Length) columnsHash.CopyTo(hash);
        else if (count == 0) _emptyHash.CopyTo(hash);
        else SHA256.HashData(columns, hash);
        hour.Root = HourHash.Add(hour.Root, HourHash.Leaf(gateway, key.Lane, key.Epoch, first, sequences, count, hash));
        hour.Rows++;
    }

    private HourState HourOf(PositionKey key, long now)
    {
        var place = (key, Hour: now - now % HourMicros);
        if (!_hours.TryGetValue(place, out var hour))
        {
            if (_hours.Count > HoursRemembered)
                foreach (var old in _hours.Keys.Where(one => one.Hour != place.Hour && !_touchedHours.Contains(one)).ToList()) _hours.Remove(old);
            _hours.Add(place, hour = FindHour(key, place.Hour));
        }
        _touchedHours.Add(place);
        return hour;
    }

    private HourState FindHour(PositionKey key, long hour)
    {
        try
        {
            if (!_findHour.With(key.Gateway, hour, (long)key.Lane, unchecked((long)key.Epoch)).Step()) return new HourState();
            var state = new HourState { First = _findHour.Long(0), Last = _findHour.Long(1), Received = _findHour.Long(2), Rows = _findHour.Long(3), Root = _findHour.Span(4).ToArray() };
            return _findHour.Long(5) == SealOfHour(key.Gateway, hour, (long)key.Lane, unchecked((long)key.Epoch), state.First, state.Last, state.Received, state.Rows, state.Root) ? state : throw Wrong("hour");
        }
        finally
        {
            _findHour.Reset();
        }
    }

    private void SaveHours()
    {
        foreach (var place in _touchedHours)
        {
            var (key, state) = (place.Position, _hours[place]);
            _saveHour.With(key.Gateway, place.Hour, (long)key.Lane, unchecked((long)key.Epoch), state.First, state.Last, state.Received, state.Rows).Bind(9, state.Root)
                .Bind(10, SealOfHour(key.Gateway, place.Hour, (long)key.Lane, unchecked((long)key.Epoch), state.First, state.Last, state.Received, state.Rows, state.Root)).Run();
        }
        _touchedHours.Clear();
    }

    private void TrimHours()
    {
        using var delete = new Statement(_writer, "DELETE FROM hour WHERE hour < ?");
        delete.With(UnixMicros.From(_clock.GetUtcNow() - _options.KeepHours)).Run();
    }

    internal static long SealOfHour(long gateway, long hour, long lane, long epoch, long first, long last, long received, long rows, byte[] root) =>
        Seal.Of(SealKind.Hour, gateway, hour, lane, epoch, first, last, received, rows, Crc32C.Of(root), root.Length);

    private sealed class HourState
    {
        public long First, Last, Received, Rows;
        public byte[] Root = new byte[HourHash.Length];
    }
}
