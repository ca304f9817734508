namespace SmartCity.Cloud.Tolling.Disputes;

/// <summary>Why something could not be done to a dispute.</summary>
public enum DisputeRefusal
{
    /// <summary>It was done, or had been.</summary>
    None = 0,
    /// <summary>There is no such dispute.</summary>
    Missing,
    /// <summary>There is no such charge.</summary>
    NoCharge,
    /// <summary>The charge comes to nothing, so that there is nothing to give back.</summary>
    NothingCharged,
    /// <summary>A text is missing, or is too long.</summary>
    Text,
    /// <summary>It is decided already.</summary>
    Decided,
    /// <summary>It is not decided yet.</summary>
    NotDecided,
    /// <summary>Nothing can be changed any more.</summary>
    Final,
    /// <summary>Who opened or looked into it does not decide it, nor does who decided release for all.</summary>
    SamePerson,
    /// <summary>More is to be given back than stands, or nothing.</summary>
    Amount,
    /// <summary>Nothing was given back, so that there is nothing to give to others.</summary>
    NotUpheld,
    /// <summary>Not what was shown: it changed meanwhile, or another one is meant.</summary>
    Changed,
    /// <summary>Nobody else was hit.</summary>
    Nobody,
    /// <summary>More were hit than one batch takes.</summary>
    TooMany,
}

/// <summary>What became of an act.</summary>
/// <param name="Refusal">Why it was not done.</param>
/// <param name="Dispute">The dispute as it stands; null where there is none.</param>
/// <param name="Repeated">Whether all of it had been done before: a success that changed nothing.</param>
public sealed record DisputeResult(DisputeRefusal Refusal, Dispute? Dispute, bool Repeated = false)
{
    /// <summary>Whether it stands, now or already.</summary>
    public bool Succeeded => Refusal == DisputeRefusal.None;

    internal static DisputeResult Refuse(DisputeRefusal why, Dispute? dispute = null) => new(why, dispute);
}
