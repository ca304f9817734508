using System.Globalization;

namespace SmartCity.Cloud.Tolling.Reconciliation;

/// <summary>
/// What the events say in the order of their devices' numbers: which numbers are missing, which stand twice, and whether the hardware counted more than it
/// told. Holds no more than the event before.
/// </summary>
/// <param name="dayOf">Business date of a time.</param>
internal sealed class DeviceNumbers(Func<long, DateOnly> dayOf)
{
    private (string Device, ulong Boot, ulong Sequence) _last = ("", 0, 0);
    private (string Device, ulong Boot, ulong Sequence, ulong Count) _counted = ("", 0, 0, 0);
    private long _unique, _spanned, _stored, _conflicting, _steps, _counts, _missed;

    /// <summary>Numbers that a device gave and nobody got. A gap counts on the day of the event after it.</summary>
    public List<ReconItem> Gaps { get; } = [];

    /// <summary>Takes the next event.</summary>
    /// <param name="device">Device.</param>
    /// <param name="boot">Its start.</param>
    /// <param name="sequence">Number in the start, from 1.</param>
    /// <param name="lane">Lane.</param>
    /// <param name="time">µs since 1970 UTC.</param>
    /// <param name="isConflict">Whether it stands beside another event of its key that came before.</param>
    /// <param name="count">The hardware's own count; null where it is no classifier's, or has none.</param>
    /// <param name="isIn">Whether it is in the scope; others only say what came before.</param>
    public void Take(string device, ulong boot, ulong sequence, string lane, long time, bool isConflict, ulong? count, bool isIn)
    {
        if (isIn) (_stored, _conflicting) = (_stored + 1, _conflicting + (isConflict ? 1 : 0));
        if (isConflict) return;
        // The first of a start is 1.
        var before = (_last.Device, _last.Boot) == (device, boot) ? _last.Sequence : 0;
        _last = (device, boot, sequence);
        if (isIn)
        {
            var missing = unchecked((long)(sequence - before)) - 1;
            (_unique, _spanned) = (_unique + 1, _spanned + missing + 1);
            if (missing > 0) Gaps.Add(GapOf(device, boot, before + 1, sequence - 1, lane, time, missing));
        }
        if (count is not { } counted) return;
        if ((_counted.Device, _counted.Boot) == (device, boot) && isIn && counted > _counted.Count && counted <= long.MaxValue && sequence > _counted.Sequence)
        {
            var (counts, numbers) = ((long)(counted - _counted.Count), (long)(sequence - _counted.Sequence));
            (_steps, _counts, _missed) = (_steps + 1, _counts + counts, _missed + Math.Min(counts - 1, numbers - 1));
        }
        _counted = (device, boot, sequence, counted);
    }

    /// <summary>E1: every number that a device gave from its first to its last is an event or a gap.</summary>
    /// <param name="gaps">The gaps as they were judged.</param>
    public ReconIdentity Numbered(IReadOnlyList<ReconItem> gaps)
    {
        var explained = gaps.Where(gap => !gap.IsOpen).Sum(gap => gap.Count);
        return new ReconIdentity("E1", new ReconTerm("numbered", _spanned), [new("unique", _unique), new("missingExplained", explained), new("missingOpen", gaps.Sum(gap => gap.Count) - explained)]);
    }

    /// <summary>E2: every event that is kept has a key of its own, or stands beside another content of its key.</summary>
    public ReconIdentity Keys() => new("E2", new ReconTerm("stored", _stored), [new("unique", _unique), new("conflicting", _conflicting)]);

    /// <summary>E4: the vehicles that the classifiers' own counters went on by are events of theirs, or numbers that are missing. Null where none counts.</summary>
    public ReconIdentity? Counters() => _steps == 0 ? null : new ReconIdentity("E4", new ReconTerm("counted", _counts), [new("events", _steps), new("missingNumbers", _missed)]);

    private ReconItem GapOf(string device, ulong boot, ulong first, ulong last, string lane, long time, long count)
    {
        var subject = string.Create(CultureInfo.InvariantCulture, $"{device}/{boot}/{first}–{last}");
        return new ReconItem(TollReconciliation.KeyOf(ReconItem.SequenceGap, subject), ReconItem.SequenceGap, null, subject, time, dayOf(time), count, null, $"lane {lane}", null, null);
    }
}
