namespace SmartCity.Mqtt;

/// <summary>What becomes of a PUBLISH.</summary>
public enum PublishResult
{
    /// <summary>Kept or to be kept; the handler calls <see cref="MqttPeer.Acknowledge"/> later (QoS 1, 2) and then <see cref="MqttPeer.Flush"/>.</summary>
    Pending,
    /// <summary>For the broker behind: retained status, answers to commands. It is acknowledged there.</summary>
    Forward,
    /// <summary>Done with; acknowledged at once with success (bad payload already in the dead letters is <see cref="Pending"/> instead).</summary>
    Done,
    /// <summary>The device may not publish here: 5.0 gets 0x87, 3.1.1 is closed.</summary>
    NotAuthorized,
    /// <summary>The topic is no topic of ours and no mapping takes it: 5.0 gets 0x90, 3.1.1 is closed.</summary>
    TopicInvalid,
    /// <summary>No room: 5.0 gets 0x97, 3.1.1 is closed; QoS 0 is counted and dropped.</summary>
    QuotaExceeded,
}
