namespace SmartCity.Edge.Spool;

/// <summary>A payload, whole or in part of no use, set aside with its reason.</summary>
/// <param name="Id">Number, in order of arrival; 0 before it is kept.</param>
/// <param name="Lane">Lane for which it was meant.</param>
/// <param name="Time">When it came, µs since 1970 UTC, gateway clock.</param>
/// <param name="Topic">Topic as received, UTF-8.</param>
/// <param name="QoS">0, 1 or 2.</param>
/// <param name="Reason">Code and place, e.g. <c>json:truncated@byte 17</c>; several are parted by line feeds.</param>
/// <param name="Values">Values it stands for in the audit equation, from 1.</param>
/// <param name="Payload">The payload, whole.</param>
public sealed record DeadLetter(long Id, byte Lane, long Time, ReadOnlyMemory<byte> Topic, byte QoS, string Reason, int Values, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Its checksum is wrong: what stands here is not all that came.</summary>
    public bool IsDamaged { get; init; }
}
