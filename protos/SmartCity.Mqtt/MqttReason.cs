namespace SmartCity.Mqtt;

/// <summary>Reason codes of MQTT 5.0 (section 2.4) that the listener and its handlers give.</summary>
public static class MqttReason
{
    /// <summary>Taken, and nobody subscribes to it (PUBACK).</summary>
    public const byte NoMatchingSubscribers = 0x10;
    /// <summary>Bytes that do not follow the grammar of their packet.</summary>
    public const byte MalformedPacket = 0x81;
    /// <summary>A packet that is well formed and not allowed here.</summary>
    public const byte ProtocolError = 0x82;
    /// <summary>The listener's own fault.</summary>
    public const byte ImplementationError = 0x83;
    /// <summary>Protocol name or level that is not served (CONNACK).</summary>
    public const byte UnsupportedProtocolVersion = 0x84;
    /// <summary>A client id that cannot be one (CONNACK).</summary>
    public const byte ClientIdentifierNotValid = 0x85;
    /// <summary>Wrong credentials (CONNACK).</summary>
    public const byte BadUserNameOrPassword = 0x86;
    /// <summary>Not allowed to this client.</summary>
    public const byte NotAuthorized = 0x87;
    /// <summary>Not now (CONNACK).</summary>
    public const byte ServerUnavailable = 0x88;
    /// <summary>Too much of something (DISCONNECT).</summary>
    public const byte ServerBusy = 0x89;
    /// <summary>The process ends.</summary>
    public const byte ServerShuttingDown = 0x8B;
    /// <summary>Enhanced authentication is not served.</summary>
    public const byte BadAuthenticationMethod = 0x8C;
    /// <summary>Nothing came for one and a half times the keep alive.</summary>
    public const byte KeepAliveTimeout = 0x8D;
    /// <summary>The same client id connected anew.</summary>
    public const byte SessionTakenOver = 0x8E;
    /// <summary>Not a topic filter.</summary>
    public const byte TopicFilterInvalid = 0x8F;
    /// <summary>Not a topic name of ours.</summary>
    public const byte TopicNameInvalid = 0x90;
    /// <summary>A PUBREL for an id that is not in flight.</summary>
    public const byte PacketIdentifierNotFound = 0x92;
    /// <summary>More in flight than the Receive Maximum.</summary>
    public const byte ReceiveMaximumExceeded = 0x93;
    /// <summary>Topic alias 0, beyond the maximum, or never set.</summary>
    public const byte TopicAliasInvalid = 0x94;
    /// <summary>Longer than the Maximum Packet Size.</summary>
    public const byte PacketTooLarge = 0x95;
    /// <summary>No room.</summary>
    public const byte QuotaExceeded = 0x97;
    /// <summary>An operator ended the connection.</summary>
    public const byte AdministrativeAction = 0x98;
}
