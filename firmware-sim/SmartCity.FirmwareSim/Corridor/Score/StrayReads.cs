using System.Globalization;

namespace SmartCity.FirmwareSim.Corridor.Score;

/// <summary>Events that by their lane or stamp fall to another moment than their vehicle's, and may be taken for another vehicle's.</summary>
internal sealed class StrayReads
{
    private readonly Dictionary<string, SortedList<(long Stamp, int Number), Damage>> _byLane = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Adds those of a passage.</summary>
    public void Add(PassageTruth truth)
    {
        foreach (var damage in truth.Damages ?? [])
        {
            if (damage.Evidence == LaneEvidence.Loop) continue;
            if (!damage.IsDestructive)
            {
                // What the neighbour read too is told from its own vehicle's by the read of the own lane, if that is there.
                if (damage is { Effect: DamageEffect.Stray, Lane: { } beside, Stamp: { } at } && truth.Damages!.FirstOrDefault(own => own.IsDestructive && own.Evidence == damage.Evidence
                    && (own.Lane is null || own.Lane == truth.Lane) && (own.Evidence != LaneEvidence.Tag || own.Said == damage.Said)) is { } lost)
                    Add(beside, at, lost with { Said = damage.Said, Account = damage.Account });
                continue;
            }
            // Without its classifier's event, or with that at another moment, a vehicle has nothing that its reads could belong to but those beside it.
            if (damage.Evidence == LaneEvidence.Avc && (damage.Effect == DamageEffect.Lost || damage.IsOfClock))
                foreach (var account in new[] { truth.Account, truth.SecondAccount }.Distinct())
                    Add(truth.Lane, truth.Time.ToUnixTimeMilliseconds(), damage with { Said = truth.Plate, Account = account });
            // A classifier whose clock is wrong makes a vehicle where none is, which takes the reads of those near it.
            if (damage.Effect == DamageEffect.Stray || damage is { Evidence: LaneEvidence.Avc, IsOfClock: true }) Add(damage.Lane!, damage.Stamp!.Value, damage);
        }

        void Add(string lane, long stamp, Damage damage)
        {
            if (!_byLane.TryGetValue(lane, out var reads)) _byLane[lane] = reads = [];
            reads.Add((stamp, _count++), damage);
        }
    }

    /// <summary>Those that by lane and stamp may be taken for a vehicle's; a read counts in the neighbouring lanes too.</summary>
    public IEnumerable<Damage> Near(ScoredPassage passage)
    {
        var time = passage.Time.ToUnixTimeMilliseconds();
        var at = passage.Lane.LastIndexOf("-L", StringComparison.Ordinal) + 2;
        var number = int.Parse(passage.Lane.AsSpan(at), CultureInfo.InvariantCulture);
        for (var lane = number - 1; lane <= number + 1; lane++)
        {
            if (!_byLane.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{passage.Lane.AsSpan(0, at)}{lane}"), out var reads)) continue;
            for (var i = First(reads, time - ScoredPassage.StrayWithinMs); i < reads.Count && reads.GetKeyAtIndex(i).Stamp <= time + ScoredPassage.StrayWithinMs; i++)
                yield return reads.GetValueAtIndex(i);
        }
    }

    private static int First(SortedList<(long Stamp, int Number), Damage> reads, long stamp)
    {
        var (low, high) = (0, reads.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (reads.GetKeyAtIndex(middle).Stamp < stamp) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
