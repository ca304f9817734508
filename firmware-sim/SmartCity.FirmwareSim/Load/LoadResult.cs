namespace SmartCity.FirmwareSim.Load;

/// <summary>What a run of the load generator saw. Latencies count from the intended time to the acknowledgement (QoS 0: to the write).</summary>
internal sealed record LoadResult
{
    /// <summary>Messages handed to the network.</summary>
    public long Attempted { get; init; }
    /// <summary>Messages acknowledged (QoS 0: written).</summary>
    public long Acknowledged { get; init; }
    /// <summary>Messages made whose acknowledgement had not come when the waiting ended.</summary>
    public long Unacknowledged { get; init; }
    /// <summary>Messages that were due but not made because too many of their device waited already.</summary>
    public long Missed { get; init; }
    /// <summary>Connections that broke.</summary>
    public long ConnectionsLost { get; init; }
    /// <summary>Seconds during which messages were made.</summary>
    public double Seconds { get; init; }
    /// <summary>Acknowledged messages a second, from the first message to the last acknowledgement.</summary>
    public double MessagesPerSecond { get; init; }
    /// <summary>Median latency, µs.</summary>
    public long P50Micros { get; init; }
    /// <summary>90 % of latencies are at most this, µs.</summary>
    public long P90Micros { get; init; }
    /// <summary>99 % of latencies are at most this, µs.</summary>
    public long P99Micros { get; init; }
    /// <summary>99.9 % of latencies are at most this, µs.</summary>
    public long P999Micros { get; init; }
    /// <summary>Greatest latency, µs.</summary>
    public long MaxMicros { get; init; }
    /// <summary>99 % of messages left at most this long after their intended time, µs: above 1,000 the generator itself was late and the run says little.</summary>
    public long LagP99Micros { get; init; }
    /// <summary>The generator's own processor time a message, µs.</summary>
    public double ProcessorMicrosPerMessage { get; init; }
}
