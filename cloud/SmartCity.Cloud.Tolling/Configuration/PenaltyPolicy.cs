namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>What a later step of a penalty is a share of. Sources leave it open, so a policy has to say it.</summary>
public enum PenaltyBase
{
    /// <summary>The toll alone.</summary>
    Principal = 1,
    /// <summary>The toll and the first penalty.</summary>
    PrincipalAndFirst = 2,
    /// <summary>All that is owed before the step.</summary>
    Compound = 3,
}

/// <summary>What is added to a toll that is not paid in time. The version is chosen by the date of the passage.</summary>
public sealed record PenaltyPolicy : ConfigVersion
{
    /// <summary>Days after the day of the passage without a penalty.</summary>
    public required int GraceDays { get; init; }
    /// <summary>Percent of the toll added on the day after them.</summary>
    public required ExactAmount FirstPercent { get; init; }
    /// <summary>Percent added at each later step; 0 = no steps.</summary>
    public ExactAmount StepPercent { get; init; }
    /// <summary>Months between steps; 0 where they are counted in days.</summary>
    public int StepMonths { get; init; }
    /// <summary>Days between steps; 0 where they are counted in months.</summary>
    public int StepDays { get; init; }
    /// <summary>What a step is a share of.</summary>
    public PenaltyBase StepBase { get; init; } = PenaltyBase.Principal;
    /// <summary>Most that the penalty may be, in percent of the toll; null = no limit.</summary>
    public ExactAmount? MaxPercent { get; init; }
    /// <summary>Calendar of the months.</summary>
    public DateSystem Months { get; init; }
    /// <summary>Rounding of the penalty to minor units, once, at the end.</summary>
    public RoundingMode Mode { get; init; }

    /// <summary>The penalty on a toll that is unpaid on a day.</summary>
    /// <param name="principal">The toll, minor units, at least 0.</param>
    /// <param name="passageDay">Local day of the passage.</param>
    /// <param name="today">Local day asked for.</param>
    /// <returns>Minor units; 0 within the days of grace.</returns>
    /// <exception cref="OverflowException">It does not fit 64 bits.</exception>
    public long Penalty(long principal, DateOnly passageDay, DateOnly today)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(principal);
        if (today.DayNumber - passageDay.DayNumber <= GraceDays) return 0;
        var first = passageDay.AddDays(GraceDays + 1);
        ExactAmount toll = principal;
        var afterFirst = toll + toll.Percent(FirstPercent);
        ExactAmount? limit = MaxPercent is { } max ? toll + toll.Percent(max) : null;
        var owed = afterFirst;
        for (var n = 1; StepPercent.Sign > 0 && (limit is null || owed < limit) && StepAt(first, n) is { } at && at <= today; n++)
        {
            var share = StepBase switch { PenaltyBase.Principal => toll, PenaltyBase.PrincipalAndFirst => afterFirst, _ => owed };
            owed += share.Percent(StepPercent);
        }
        if (limit is { } most && owed > most) owed = most;
        return (owed - toll).RoundTo(1, Mode).ToMinor(0);
    }

    // The n-th step counts from the first, so that a short month does not shift those after it.
    private DateOnly? StepAt(DateOnly first, int n) =>
        StepMonths > 0 ? n > 120_000 / StepMonths ? null : LocalDates.AddMonths(first, StepMonths * n, Months)
        : StepDays > 0 && first.DayNumber + ((long)StepDays * n) <= DateOnly.MaxValue.DayNumber ? first.AddDays(StepDays * n) : null;
}
