using SmartCity.Mqtt.Sessions;

namespace SmartCity.Mqtt;

/// <summary>A valid CONNECT between its packet and its CONNACK.</summary>
internal sealed record ConnectRequest(bool CleanStart, byte[]? Password, Will? Will);
