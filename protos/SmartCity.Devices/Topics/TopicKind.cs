namespace SmartCity.Devices.Topics;

/// <summary>What a topic of the city is for.</summary>
public enum TopicKind : byte
{
    /// <summary>None of ours; perhaps a mapping knows it.</summary>
    Unknown = 0,
    /// <summary><c>city/v1/{deviceId}/telemetry</c>: readings.</summary>
    Telemetry = 1,
    /// <summary><c>city/v1/{deviceId}/toll</c>: toll events.</summary>
    Toll = 2,
    /// <summary><c>city/v1/{deviceId}/status</c>: <c>online</c> or <c>offline</c>, retained, also the Will.</summary>
    Status = 3,
    /// <summary><c>city/v1/{deviceId}/cmd/{rid}</c>: a command to the device.</summary>
    Command = 4,
    /// <summary><c>city/v1/{deviceId}/cmd/{rid}/res</c>: its answer.</summary>
    CommandResult = 5,
    /// <summary><c>city/v1/{deviceId}/senml</c>: readings as a SenML pack of JSON.</summary>
    SenMl = 6,
    /// <summary><c>city/v1/{deviceId}/senml-cbor</c>: readings as a SenML pack of CBOR.</summary>
    SenMlCbor = 7,
    /// <summary>A topic of another system that a mapping turns into readings.</summary>
    Mapped = 8,
}
