using SmartCity.Cloud.Server.Live;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>When a value stops being live: three usual intervals, within bounds; and when it says nothing any more: ten.</summary>
/// <param name="StaleAfter">Age from which on a value is stale.</param>
/// <param name="NoDataAfter">Age from which on it says nothing.</param>
internal readonly record struct Freshness(TimeSpan StaleAfter, TimeSpan NoDataAfter)
{
    private const double StaleIntervals = 3;
    private const double NoDataIntervals = 10;
    /// <summary>Where the interval is not known, or below the least one.</summary>
    private const double NoDataToStale = 4;

    /// <summary>By the usual interval; null where it is not known.</summary>
    public static Freshness Of(TimeSpan? interval, LiveOptions options)
    {
        if (interval is not { } usual) return new Freshness(options.StaleAfterFirst, options.StaleAfterFirst * NoDataToStale);
        return new Freshness(Longer(usual * StaleIntervals, options.StaleAfterMin), Longer(usual * NoDataIntervals, options.StaleAfterMin * NoDataToStale));
    }

    /// <summary>The state at an age.</summary>
    public DataState At(TimeSpan age) => age < StaleAfter ? DataState.Live : age < NoDataAfter ? DataState.Stale : DataState.NoData;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
