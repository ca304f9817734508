namespace SmartCity.Mqtt;

/// <summary>Takes the PUBLISH packets of all connections before the broker behind the listener sees them.</summary>
public interface IPublishHandler
{
    /// <summary>
    /// Takes one valid PUBLISH. Called in order for each connection, on its read loop, from many threads at once.
    /// Nothing of <paramref name="publish"/> is valid after the call. Must not block on I/O.
    /// </summary>
    PublishResult Handle(MqttPeer peer, in PublishPacket publish);

    /// <summary>Called after the last <see cref="Handle"/> of what was read in one go, so that a handler may close what it opened for the peer's packets.</summary>
    void EndOfRead(MqttPeer peer);
}
