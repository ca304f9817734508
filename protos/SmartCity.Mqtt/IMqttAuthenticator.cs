namespace SmartCity.Mqtt;

/// <summary>Says who may connect and what a connection may subscribe to. What it may publish is the <see cref="IPublishHandler"/>'s to say.</summary>
public interface IMqttAuthenticator
{
    /// <summary>Judges a valid CONNECT. An exception is logged and refuses the connection as unavailable (0x88, code 3).</summary>
    ValueTask<MqttVerdict> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken);

    /// <summary>Whether <paramref name="peer"/> may subscribe to <paramref name="filter"/>, a valid topic filter; if not, its SUBACK says 0x87 (3.1.1: 0x80).</summary>
    bool MaySubscribe(MqttPeer peer, string filter);
}
