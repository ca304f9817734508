namespace SmartCity.Cloud.Tolling.Plates;

/// <summary>What a plate read is worth against the register.</summary>
/// <param name="Outcome">The judgement.</param>
/// <param name="Plate">The plate that stands: as read, or as corrected where the outcome is <see cref="PlateOutcome.AutoGradeB"/>.</param>
/// <param name="Candidates">Registered plates one confusion away, for whoever reviews; by key.</param>
public sealed record PlateMatch(PlateOutcome Outcome, Plate Plate, IReadOnlyList<Plate> Candidates)
{
    /// <summary>Whether a penalty may rest on it; never on a corrected plate.</summary>
    public bool MayPenalise => Outcome == PlateOutcome.Exact;
}

/// <summary>Judgement on a plate read.</summary>
public enum PlateOutcome : byte
{
    /// <summary>As read, accepted.</summary>
    Exact = 1,
    /// <summary>Corrected by one digit that cameras confuse, the tag or the itinerary agreeing; evidence of grade B.</summary>
    AutoGradeB = 2,
    /// <summary>A human decides.</summary>
    Review = 3,
}
