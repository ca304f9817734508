namespace SmartCity.Mqtt.Packets;

/// <summary>Why a packet is not accepted.</summary>
/// <param name="Code">Reason code of MQTT 5.0, 0 = no fault.</param>
/// <param name="Text">What was found, what is allowed; null = no fault. Holds nothing that came from the client but numbers.</param>
/// <param name="IsSilent">Whether it is closed without a word: 3.1.1 where it must be although it has one for the code, and whoever says DISCONNECT for a reason that there is not.</param>
internal readonly record struct Fault(byte Code, string? Text, bool IsSilent = false)
{
    public static Fault None => default;
    public bool IsNone => Code == 0;
    public static Fault Malformed(string text) => new(MqttReason.MalformedPacket, text);
    public static Fault Protocol(string text) => new(MqttReason.ProtocolError, text);
}
