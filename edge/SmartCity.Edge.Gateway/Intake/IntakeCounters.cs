namespace SmartCity.Edge.Gateway.Intake;

/// <summary>What the intake has counted since the start; read without a lock.</summary>
internal sealed class IntakeCounters
{
    public long Messages, Values, Rejected, Repeated, Resent, RefusedForRoom, RefusedTopic, RefusedRight, Commits, CommittedValues, CommitMicros;
}
