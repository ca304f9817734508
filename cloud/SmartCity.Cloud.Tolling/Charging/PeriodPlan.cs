using System.Globalization;

namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>How business dates are cut into periods of the ledger.</summary>
public enum PeriodPlan : byte
{
    /// <summary>Months of the Jalali calendar.</summary>
    JalaliMonth = 1,
    /// <summary>Months of the Gregorian calendar.</summary>
    GregorianMonth = 2,
    /// <summary>From the 1st to the 15th and from the 16th to the end of a Jalali month.</summary>
    JalaliHalfMonth = 3,
    /// <summary>From the 1st to the 15th and from the 16th to the end of a Gregorian month.</summary>
    GregorianHalfMonth = 4,
}

/// <summary>Finds the dates of periods.</summary>
public static class PeriodPlans
{
    private static readonly PersianCalendar _jalali = new();
    private static readonly GregorianCalendar _gregorian = new();

    /// <summary>The period of a plan that a date lies in, both ends included.</summary>
    public static (DateOnly From, DateOnly To) PeriodOf(this PeriodPlan plan, DateOnly date)
    {
        Calendar calendar = plan is PeriodPlan.JalaliMonth or PeriodPlan.JalaliHalfMonth ? _jalali : _gregorian;
        var at = date.ToDateTime(TimeOnly.MinValue);
        var day = calendar.GetDayOfMonth(at);
        var (first, last) = (1, calendar.GetDaysInMonth(calendar.GetYear(at), calendar.GetMonth(at)));
        if (plan is PeriodPlan.JalaliHalfMonth or PeriodPlan.GregorianHalfMonth) (first, last) = day <= 15 ? (1, 15) : (16, last);
        return (date.AddDays(first - day), date.AddDays(last - day));
    }

    /// <summary>The periods to open so that a date has one: in order, each next to the one before. None where the date lies before <paramref name="opened"/>.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="opened">Last date of the last period that was opened.</param>
    /// <param name="date">The date that needs a period.</param>
    public static IReadOnlyList<(DateOnly From, DateOnly To)> ToOpen(this PeriodPlan plan, DateOnly opened, DateOnly date)
    {
        var periods = new List<(DateOnly, DateOnly)>();
        for (var next = opened.AddDays(1); next <= date;)
        {
            var to = plan.PeriodOf(next).To;
            periods.Add((next, to));
            next = to.AddDays(1);
        }
        return periods;
    }
}
