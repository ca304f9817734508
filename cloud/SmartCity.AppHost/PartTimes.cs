namespace SmartCity.AppHost;

/// <summary>How long a part waits for what.</summary>
internal sealed record PartTimes
{
    /// <summary>First wait after a crash; doubles up to <see cref="BackOffMax"/>.</summary>
    public TimeSpan BackOffMin { get; init; } = TimeSpan.FromMilliseconds(500);
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(15);
    /// <summary>Healthy time after which the next crash waits the least again.</summary>
    public TimeSpan BackOffForgottenAfter { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan LookWhileStarting { get; init; } = TimeSpan.FromMilliseconds(200);
    public TimeSpan LookLater { get; init; } = TimeSpan.FromSeconds(2);
}
