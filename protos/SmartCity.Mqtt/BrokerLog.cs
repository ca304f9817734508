using Microsoft.Extensions.Logging;
using MQTTnet.Diagnostics.Logger;

namespace SmartCity.Mqtt;

/// <summary>Passes on what MQTTnet's broker calls an error. Its warnings are about clients, of which the listener itself says what there is to say.</summary>
internal sealed partial class BrokerLog(ILogger log) : IMqttNetLogger
{
    public bool IsEnabled => true;

    public void Publish(MqttNetLogLevel level, string source, string message, object[] parameters, Exception exception)
    {
        if (level != MqttNetLogLevel.Error) return;
        LogBrokerError(exception, source, parameters is { Length: > 0 } ? string.Format(System.Globalization.CultureInfo.InvariantCulture, message, parameters) : message);
    }

    [LoggerMessage(1520, LogLevel.Error, "MQTT broker, {Source}: {Text}")]
    private partial void LogBrokerError(Exception? error, string source, string text);
}
