using System.Text.Json;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;
using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms.Delivery;

/// <summary>A message on a broker, QoS 1: delivered when the broker has acknowledged it.</summary>
internal sealed class MqttSender(AlarmServerOptions options) : IAlarmSender
{
    public AlarmChannelKind Kind => AlarmChannelKind.Mqtt;

    public async Task SendAsync(AlarmChannel channel, AlarmMessage message, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(options.MqttAddress, UriKind.Absolute, out var address) || address.Scheme is not ("mqtt" or "mqtts")) throw new AlarmSendException($"no MQTT broker is set; set {AlarmServerOptions.Section}:MqttAddress, e.g. mqtts://city@broker.example:8883") { IsForGood = true };
        var isTls = address.Scheme == "mqtts";
        var client = new MqttClientOptionsBuilder().WithTcpServer(address.Host, address.IsDefaultPort || address.Port <= 0 ? (isTls ? 8883 : 1883) : address.Port).WithClientId($"smartcity-alarms-{Guid.NewGuid():N}").WithTimeout(TimeSpan.FromSeconds(10));
        if (isTls) client = client.WithTlsOptions(tls => tls.UseTls());
        if (address.UserInfo.Length > 0) client = client.WithCredentials(Uri.UnescapeDataString(address.UserInfo.Split(':')[0]), options.MqttPassword);
        using var connection = new MqttClientFactory().CreateMqttClient();
        try
        {
            await connection.ConnectAsync(client.Build(), cancellationToken);
            var result = await connection.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(channel.Topic).WithPayload(JsonSerializer.SerializeToUtf8Bytes(message, JsonSerializerOptions.Web))
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build(), cancellationToken);
            await connection.DisconnectAsync(new MqttClientDisconnectOptionsBuilder().Build(), cancellationToken);
            if (!result.IsSuccess) throw new AlarmSendException($"broker {address.Host} refuses topic {channel.Topic}: {result.ReasonCode}") { IsForGood = true };
        }
        catch (Exception error) when (error is MqttCommunicationException or TimeoutException or System.Net.Sockets.SocketException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new AlarmSendException($"broker {address.Host}: {error.Message}", error);
        }
    }
}
