using SmartCity.Mqtt.Routing;

namespace SmartCity.Mqtt.Sessions;

/// <summary>A connection's Will, section 3.1.2.5.</summary>
/// <param name="Message">What is published.</param>
/// <param name="Delay">Seconds after the connection's end, at most until the session's end.</param>
internal sealed record Will(Message Message, uint Delay);
