namespace SmartCity.Edge.Gateway.Commands;

/// <summary>One step of the way from the box to the city.</summary>
/// <param name="Name">What is looked at.</param>
/// <param name="State">How it went.</param>
/// <param name="Found">What was found.</param>
/// <param name="Fix">What to do; null where there is nothing.</param>
internal sealed record LinkStep(string Name, StepState State, string Found, string? Fix = null);

/// <summary>How a step went.</summary>
internal enum StepState
{
    /// <summary>Well.</summary>
    Done,
    /// <summary>Not; what stands behind it cannot be looked at.</summary>
    Failed,
    /// <summary>Not looked at, because of a step before.</summary>
    Skipped,
}
