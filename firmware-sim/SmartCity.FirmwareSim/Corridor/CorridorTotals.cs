namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Counts of what was played.</summary>
internal sealed class CorridorTotals
{
    private readonly SortedDictionary<(CorridorFault Fault, LaneEvidence Evidence), long> _faults = [];

    /// <summary>Vehicles at toll points.</summary>
    public long Passages { get; private set; }
    /// <summary>What they would pay, rial.</summary>
    public long Net { get; private set; }
    /// <summary>Events handed over, those that came twice counted twice.</summary>
    public long Events { get; set; }
    /// <summary>Faults by what they befell.</summary>
    public IReadOnlyDictionary<(CorridorFault Fault, LaneEvidence Evidence), long> Faults => _faults;

    /// <summary>Counts a passage.</summary>
    public void Add(PassageRecord passage)
    {
        Passages++;
        Net += passage.Crossing.Net;
        foreach (var damage in passage.Damages) Add(damage.Evidence, damage.Fault);
    }

    /// <summary>Counts a fault.</summary>
    public void Add(LaneEvidence evidence, CorridorFault fault) => _faults[(fault, evidence)] = _faults.GetValueOrDefault((fault, evidence)) + 1;
}
