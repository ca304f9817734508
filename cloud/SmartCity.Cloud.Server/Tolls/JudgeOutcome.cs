namespace SmartCity.Cloud.Server.Tolls;

/// <summary>What came of a judgement.</summary>
internal enum JudgeOutcome
{
    /// <summary>It stands.</summary>
    Done = 0,
    /// <summary>No state of that name.</summary>
    NoState = 1,
    /// <summary>Explained or accepted without a word why.</summary>
    NoReason = 2,
    /// <summary>Longer than <see cref="TollActs.ExplanationMax"/>.</summary>
    TooLong = 3,
}
