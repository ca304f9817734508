using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>What the way from events to charges has to know of the toll points and their prices. Pure: the same question has the same answer for as long as one object is asked, also by several threads at once.</summary>
public interface ITollRules
{
    /// <summary>The toll point that a lane belongs to; null where none has it.</summary>
    TollPointLayout? PointOf(string lane);

    /// <summary>What correlation has to know of tags and plates.</summary>
    CorrelationKnowledge Knowledge { get; }

    /// <summary>Business date of a moment at a toll point, in the corridor's zone.</summary>
    /// <param name="point">Id of the toll point.</param>
    /// <param name="time">µs since 1970 UTC.</param>
    DateOnly DayOf(string point, long time);

    /// <summary>Length of the shortest way between two toll points, m; null where it is not known.</summary>
    double? MetresBetween(string from, string to) => null;

    /// <summary>What has to be looked at together where something changed on a vehicle's day.</summary>
    RatingScope ScopeOf(DateOnly day);

    /// <summary>Rates the billable passages of one vehicle.</summary>
    /// <param name="passages">All of the scope's context, in any order.</param>
    /// <param name="scope">The scope.</param>
    /// <returns>One charge, of revision 0, for each passage on the scope's days.</returns>
    IReadOnlyList<Charge> Rate(IReadOnlyList<Passage> passages, RatingScope scope);
}

/// <summary>Days that decide about each other.</summary>
/// <param name="Days">The days that are rated, both included.</param>
/// <param name="Context">The days whose passages have to be known for it, both included.</param>
public sealed record RatingScope((DateOnly From, DateOnly To) Days, (DateOnly From, DateOnly To) Context);
