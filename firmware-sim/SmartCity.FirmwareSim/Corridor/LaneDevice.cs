namespace SmartCity.FirmwareSim.Corridor;

/// <summary>
/// A device of a lane: numbers its events, stamps them by its own clock, hands them to the gateway in the order of its queue; and what befalls it
/// in the time that is played: starting anew, being cut off, a wrong clock. Numbers are kept over a cut, lost by a restart, which raises the boot.
/// The hardware's own count goes on through both, and counts also what the blind device did not report.
/// </summary>
internal sealed class LaneDevice
{
    private const long Second = 1_000;
    private const long Hour = 3_600 * Second;
    /// <summary>What a device that comes back sends a second, of what it had to keep.</summary>
    private const long QueueEventMs = 5;

    private readonly Chance _fate;
    private long? _restartAt, _restartEnd, _cutAt, _cutEnd;
    private long _clockFrom, _clockTo, _clockOff;
    private long _lastArrival;
    private bool _isRestarted;

    /// <summary>Creates it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="lane">Its lane.</param>
    /// <param name="kind">What it witnesses.</param>
    /// <param name="options">When it begins, and its chance.</param>
    /// <param name="number">A number of its own.</param>
    public LaneDevice(string id, string lane, LaneEvidence kind, CorridorOptions options, int number)
    {
        (Id, Lane, Kind) = (id, lane, kind);
        Number = number;
        // Greater on every later day: a start counter never comes again.
        Boot = (ulong)(options.From / Second);
        var chance = Chance.Of(options.Seed, ChancePurpose.Device, number);
        PlateStyle = chance.Below(PlateReading.Styles);
        Count = (ulong)chance.Below(1_000_000);
        _fate = chance;
    }

    /// <summary>Faults that befall a device as a whole.</summary>
    public static IReadOnlyList<CorridorFault> Faults { get; } = [CorridorFault.Restart, CorridorFault.Offline, CorridorFault.ClockOffset, CorridorFault.ClockDrift, CorridorFault.ClockStep];

    /// <summary>Decides when a fault befalls it, and how.</summary>
    public void Befall(CorridorFault fault, long from, long to)
    {
        var chance = _fate;
        var span = to - from;
        switch (fault)
        {
            case CorridorFault.Restart:
                _restartAt = from + (long)(span * chance.Between(0.05, 0.95));
                _restartEnd = _restartAt + Math.Min(span / 50, (long)chance.Between(20 * Second, 90 * Second));
                break;
            case CorridorFault.Offline:
                _cutAt = from + (long)(span * chance.Between(0.1, 0.8));
                _cutEnd = _cutAt + Math.Min(span / 5, (long)chance.Between(Hour, 3 * Hour));
                break;
            default:
                ClockFault = fault;
                _clockFrom = from + (long)(span * chance.Between(0.5, 0.8));
                _clockTo = _clockFrom + (long)(span * chance.Between(0.02, 0.15));
                _clockOff = fault switch
                {
                    CorridorFault.ClockOffset => chance.Of<long>([-20, -3, 3, 20, 300]) * Second,
                    CorridorFault.ClockDrift => (long)chance.Between(4 * Second, 12 * Second) * (chance.Is(0.5) ? 1 : -1),
                    // Never before the first instant, so that no event lies in a time that others have closed.
                    _ => -Math.Min((long)(9.5 * Hour), (_clockFrom - from) * 9 / 10),
                };
                break;
        }
    }

    /// <summary>Its id.</summary>
    public string Id { get; }
    /// <summary>A number of its own.</summary>
    public int Number { get; }
    /// <summary>Its lane.</summary>
    public string Lane { get; }
    /// <summary>What it witnesses.</summary>
    public LaneEvidence Kind { get; }
    /// <summary>How it writes plates.</summary>
    public int PlateStyle { get; }
    /// <summary>Its start counter.</summary>
    public ulong Boot { get; private set; }
    /// <summary>Number of its last event.</summary>
    public ulong Sequence { get; private set; }
    /// <summary>The hardware's own count of what it saw.</summary>
    public ulong Count { get; private set; }
    /// <summary>What may become of its clock; null for nothing.</summary>
    public CorridorFault? ClockFault { get; private set; }

    /// <summary>The hardware sees something.</summary>
    public void See() => Count++;

    /// <summary>Whether it is blind at an instant, because it is starting; asked in order of time.</summary>
    public bool IsBlind(long at)
    {
        if (at < _restartAt || _restartAt is null) return false;
        if (!_isRestarted)
        {
            _isRestarted = true;
            Boot++;
            Sequence = 0;
        }
        return at < _restartEnd;
    }

    /// <summary>Takes the next number.</summary>
    public EventKey NextKey() => new(Id, Boot, ++Sequence);

    /// <summary>How far its clock is off at an instant, ms.</summary>
    public long ClockErrorAt(long at) =>
        ClockFault is null || at < _clockFrom || at >= _clockTo ? 0
        : ClockFault == CorridorFault.ClockDrift ? (long)((double)_clockOff * (at - _clockFrom) / (_clockTo - _clockFrom)) : _clockOff;

    /// <summary>What it says of its clock at an instant. A wrong reference is believed.</summary>
    public string ClockAt(long at) =>
        at < _clockFrom || at >= _clockTo ? "locked" : ClockFault switch { CorridorFault.ClockDrift => "holdover", CorridorFault.ClockStep => "free", _ => "locked" };

    /// <summary>Whether it is cut off from its gateway at an instant.</summary>
    public bool IsCutOff(long at) => at >= _cutAt && at < _cutEnd;

    /// <summary>Whether it is not connected at an instant, cut off or starting.</summary>
    public bool IsAwayAt(long at) => IsCutOff(at) || (at >= _restartAt && at < _restartEnd);

    /// <summary>When an event of an instant reaches the gateway; asked in the order of its queue.</summary>
    /// <param name="at">The instant.</param>
    /// <param name="latencyMs">Time on the way.</param>
    public long ArrivalOf(long at, long latencyMs) =>
        _lastArrival = Math.Max(IsCutOff(at) ? _cutEnd!.Value + latencyMs : at + latencyMs, _lastArrival + (_lastArrival > at + Second ? QueueEventMs : 0));
}

/// <summary>Names an event for ever.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Boot">Start counter of the device.</param>
/// <param name="Sequence">Number within the start.</param>
internal readonly record struct EventKey(string Device, ulong Boot, ulong Sequence)
{
    /// <summary><c>device/boot/seq</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Device}/{Boot}/{Sequence}");
}
