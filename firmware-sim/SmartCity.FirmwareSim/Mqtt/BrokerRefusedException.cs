namespace SmartCity.FirmwareSim.Mqtt;

/// <summary>The broker answered a CONNECT with a refusal.</summary>
internal sealed class BrokerRefusedException(byte code) : IOException($"the broker refuses the connection: {MqttPacket.MeaningOf(code)}")
{
    /// <summary>Whether trying again with the same credentials is of no use.</summary>
    public bool IsFinal { get; } = code is 1 or 2 or 4 or 5;
}
