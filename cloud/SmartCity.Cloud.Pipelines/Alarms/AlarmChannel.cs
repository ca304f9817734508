namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>How somebody is told.</summary>
public enum AlarmChannelKind
{
    /// <summary>E-mail, by the server's SMTP settings.</summary>
    Email,
    /// <summary>A POST of JSON to an address.</summary>
    Webhook,
    /// <summary>A message on the MQTT broker of the server's settings.</summary>
    Mqtt,
}

/// <summary>Somebody or something that is told of alarms.</summary>
public sealed record AlarmChannel
{
    /// <summary>Id.</summary>
    public string Id { get; init; } = "";
    /// <summary>What people call it; null = its id.</summary>
    public string? Name { get; init; }
    /// <summary>How.</summary>
    public AlarmChannelKind Kind { get; init; }
    /// <summary>Of e-mail the addresses, at most 20.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }
    /// <summary>Of a webhook the address, http or https.</summary>
    public string? Url { get; init; }
    /// <summary>Of MQTT the topic.</summary>
    public string? Topic { get; init; }
    /// <summary>Messages in a minute at most, 1 to 600; null = 30. What is more waits.</summary>
    public int? PerMinuteMax { get; init; }
    /// <summary>Language of its messages, <c>en</c> or <c>fa</c>; null = en.</summary>
    public string? Language { get; init; }
}
