namespace SmartCity.Mqtt;

/// <summary>What is decided about a CONNECT.</summary>
public readonly record struct MqttVerdict
{
    private MqttVerdict(byte reasonCode, string? reason, object? state, string? owner = null)
    {
        Owner = owner;
        ReasonCode = reasonCode;
        Reason = reason;
        State = state;
    }

    /// <summary>0 = accepted, else the CONNACK reason code of MQTT 5.0; 3.1.1 gets the return code nearest to it.</summary>
    public byte ReasonCode { get; }
    /// <summary>Why it was refused: logged, and told to 5.0. Holds no secret.</summary>
    public string? Reason { get; }
    /// <summary>Becomes <see cref="MqttPeer.State"/>.</summary>
    public object? State { get; }

    /// <summary>Whose the client's session is. A client id whose session is another owner's cannot be used: 0x87.</summary>
    public string? Owner { get; }

    /// <summary>Lets the client in.</summary>
    /// <param name="state">Becomes <see cref="MqttPeer.State"/>.</param>
    /// <param name="owner">Whose the session is; null = nobody's in particular.</param>
    public static MqttVerdict Accept(object? state = null, string? owner = null) => new(0, null, state, owner);
    /// <summary>Unknown user name, or a password that does not fit: 0x86, code 4.</summary>
    public static MqttVerdict BadUserNameOrPassword(string reason) => new(MqttReason.BadUserNameOrPassword, reason, null);
    /// <summary>Known, but may not do this: another's client id, another's Will topic: 0x87, code 5.</summary>
    public static MqttVerdict NotAuthorized(string reason) => new(MqttReason.NotAuthorized, reason, null);
    /// <summary>The client id cannot be one: 0x85, code 2.</summary>
    public static MqttVerdict ClientIdInvalid(string reason) => new(MqttReason.ClientIdentifierNotValid, reason, null);
    /// <summary>Not now: 0x88, code 3.</summary>
    public static MqttVerdict Unavailable(string reason) => new(MqttReason.ServerUnavailable, reason, null);
}
