namespace SmartCity.FirmwareSim.Mqtt;

/// <summary>How a device speaks to its broker.</summary>
internal sealed record LinkOptions
{
    /// <summary>Messages in flight, 1–1,000. Default 32.</summary>
    public int WindowMax { get; init; } = 32;
    /// <summary>Messages that wait for the link. Default 1,000; the oldest goes where one more comes.</summary>
    public int BacklogMax { get; init; } = 1_000;
    /// <summary>Whether it tells its status: <c>online</c> on connecting, <c>offline</c> on leaving and as its Will, both retained.</summary>
    public bool TellsStatus { get; init; }
    /// <summary>Keep-alive. Default 60 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Longest wait for the broker's answer. Default 20 s.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(20);
    /// <summary>First wait before connecting again; doubles, with jitter, up to <see cref="RetryMax"/>. Default 0.5 s.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromMilliseconds(500);
    /// <summary>Longest wait before connecting again. Default 15 s.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(15);
}
