namespace SmartCity.Mqtt.Routing;

/// <summary>An application message on its way to subscribers, or retained. Never changes.</summary>
internal sealed class Message
{
    /// <summary>Topic name; valid, without wildcards.</summary>
    public required string Topic { get; init; }
    public ReadOnlyMemory<byte> Payload { get; init; }
    /// <summary>Properties of 5.0 that go on unaltered [MQTT-3.3.2-4, -15, -16, -17, -18, -20], as encoded, without a length in front.</summary>
    public byte[] Properties { get; init; } = [];
    /// <summary>QoS with which it was published.</summary>
    public byte QoS { get; init; }
    public bool Retain { get; init; }
    /// <summary>Seconds from <see cref="ReceivedAt"/> after which no further delivery begins [MQTT-3.3.2-5]; null = none.</summary>
    public uint? Expiry { get; init; }
    /// <summary>When it came, a timestamp of the listener's clock.</summary>
    public long ReceivedAt { get; init; }

    /// <summary>Seconds left of its expiry interval at <paramref name="now"/> [MQTT-3.3.2-6]: null = it does not expire, 0 = it has.</summary>
    public uint? Left(TimeProvider time, long now)
    {
        if (Expiry is not { } expiry) return null;
        var waited = time.GetElapsedTime(ReceivedAt, now).TotalSeconds;
        return waited >= expiry ? 0 : expiry - (uint)Math.Max(0, waited);
    }
}
