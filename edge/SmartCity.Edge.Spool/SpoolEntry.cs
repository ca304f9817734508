namespace SmartCity.Edge.Spool;

/// <summary>What stands for a range of numbers of one (epoch, lane): a row, or a gap with its reason.</summary>
/// <param name="Epoch">Epoch under which it was spooled.</param>
/// <param name="Lane">Lane.</param>
/// <param name="First">First number, from 1.</param>
/// <param name="Last">Last number.</param>
/// <param name="Gap">Why the numbers will never come; null for a row.</param>
/// <param name="NamesThrough">Names of this (epoch, lane) that the row may use: ids below this.</param>
/// <param name="Crc32C">CRC32C of <paramref name="Columns"/>; checked when read.</param>
/// <param name="Columns">The row's bytes; empty for a gap.</param>
public readonly record struct SpoolEntry(
    ulong Epoch, byte Lane, long First, long Last, SpoolGap? Gap, int NamesThrough, uint Crc32C, byte[] Columns)
{
    /// <summary>Numbers covered.</summary>
    public long Count => Last - First + 1;
}

/// <summary>Why numbers will never come.</summary>
public enum SpoolGap : byte
{
    /// <summary>Given up under the rule <see cref="WhenFull.ExpireOldest"/>.</summary>
    Expired = 1,
    /// <summary>Damaged on the disk.</summary>
    Corrupt = 2,
    /// <summary>Acknowledged and released earlier.</summary>
    Released = 3,
}

/// <summary>What the spool knows of one (epoch, lane).</summary>
/// <param name="Epoch">Epoch.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Released">All numbers up to here are acknowledged; 0 = none.</param>
/// <param name="FirstHeld">First number of the oldest row or gap held; 0 = none.</param>
/// <param name="Last">Last number given out; 0 = none.</param>
/// <param name="Names">Names numbered so far.</param>
public readonly record struct SpoolPosition(ulong Epoch, byte Lane, long Released, long FirstHeld, long Last, int Names);

/// <summary>The audit equation of a lane, with its room. accepted = stored + superseded + queued + deadLettered + expired; the unit is one value.</summary>
/// <param name="Lane">Lane.</param>
/// <param name="Accepted">Values that were acknowledged to devices.</param>
/// <param name="Stored">Values acknowledged by the cloud.</param>
/// <param name="Superseded">Known repeats, not kept a second time.</param>
/// <param name="Queued">Values held.</param>
/// <param name="DeadLettered">Values set aside with a reason.</param>
/// <param name="Expired">Values given up under the rule, or lost in a recorded gap.</param>
/// <param name="Bytes">Bytes held.</param>
/// <param name="QuotaBytes">Bytes that may be held.</param>
public readonly record struct SpoolAudit(
    byte Lane, long Accepted, long Stored, long Superseded, long Queued, long DeadLettered, long Expired, long Bytes, long QuotaBytes)
{
    /// <summary>Accepted less everything accounted for; zero, always.</summary>
    public long Imbalance => Accepted - Stored - Superseded - Queued - DeadLettered - Expired;
}
