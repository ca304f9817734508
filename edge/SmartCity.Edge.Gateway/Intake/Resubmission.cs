using SmartCity.Edge.Spool;

namespace SmartCity.Edge.Gateway.Intake;

/// <summary>A dead letter whose payload was decoded again, on its way to the disk.</summary>
/// <param name="letter">The letter.</param>
/// <param name="kept">Values that could be read now.</param>
/// <param name="rejected">Values that still could not.</param>
/// <param name="reason">Why not.</param>
internal sealed class Resubmission(DeadLetter letter, int kept, int rejected, string reason)
{
    private readonly TaskCompletionSource<ResubmissionOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it is on the disk, or was refused.</summary>
    public Task<ResubmissionOutcome> Done => _done.Task;

    /// <summary>Adds to a transaction what becomes of the letter.</summary>
    public void AddTo(SpoolTransaction transaction)
    {
        transaction.Settle(letter.Id, rejected, reason);
        // A payload that turned out to hold nothing at all, e.g. nulls alone: its value was accepted and is needed no more.
        if (letter.Values - kept - rejected is > 0 and var empty) transaction.CountSuperseded(letter.Lane, empty);
    }

    /// <summary>It is on the disk, or <paramref name="refusal"/> says why not.</summary>
    public void Conclude(string? refusal) => _done.TrySetResult(refusal is null ? new ResubmissionOutcome(kept, rejected, rejected > 0 ? reason : null) : ResubmissionOutcome.Refused(letter, refusal));
}

/// <summary>What became of a dead letter that was resubmitted.</summary>
/// <param name="Kept">Values that are kept now, those among them that had been kept when the payload first came.</param>
/// <param name="Rejected">Values for which the letter still stands; 0 = it is gone.</param>
/// <param name="Reason">Why they still cannot be kept.</param>
internal sealed record ResubmissionOutcome(int Kept, int Rejected, string? Reason)
{
    /// <summary>Nothing was done; the letter stands as before.</summary>
    public static ResubmissionOutcome Refused(DeadLetter letter, string reason) => new(0, letter.Values, reason);
}
