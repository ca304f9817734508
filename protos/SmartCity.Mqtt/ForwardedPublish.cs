namespace SmartCity.Mqtt;

/// <summary>A message that went to the broker behind the listener: forwarded by the <see cref="IPublishHandler"/>, or a client's Will.</summary>
/// <param name="ClientId">Who published it.</param>
/// <param name="Topic">Topic name.</param>
/// <param name="Payload">Payload; belongs to the message and does not change.</param>
/// <param name="QoS">0, 1 or 2.</param>
/// <param name="Retain">Whether it is kept as the topic's retained message.</param>
public sealed record ForwardedPublish(string ClientId, string Topic, ReadOnlyMemory<byte> Payload, byte QoS, bool Retain);
