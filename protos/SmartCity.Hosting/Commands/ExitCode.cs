namespace SmartCity.Hosting.Commands;

/// <summary>What a process's exit code means; the same for every executable.</summary>
public static class ExitCode
{
    /// <summary>Done, or stopped by SIGTERM or SIGINT after draining.</summary>
    public const int Done = 0;
    /// <summary>Failed; the reason is on stderr.</summary>
    public const int Failed = 1;
    /// <summary>Wrong use or bad configuration.</summary>
    public const int WrongUse = 2;
    /// <summary>Finished, and found something the caller should look at.</summary>
    public const int Findings = 3;
    /// <summary>What was asked for does not exist.</summary>
    public const int NotFound = 4;
    /// <summary>The caller has not the right.</summary>
    public const int NotAllowed = 5;
    /// <summary>Interrupted before it was done.</summary>
    public const int Interrupted = 130;
}
