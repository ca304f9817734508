using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>What the way from events to charges has to know of the toll points and their prices. Pure: the same question has the same answer for as long as one object is asked.</summary>
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

    /// <summary>The days whose passages of one vehicle decide together what each of them costs.</summary>
    (DateOnly From, DateOnly To) ScopeOf(DateOnly day);

    /// <summary>Rates all billable passages of one vehicle within a scope.</summary>
    /// <param name="passages">In any order.</param>
    /// <returns>One charge a passage, of revision 0.</returns>
    IReadOnlyList<Charge> Rate(IReadOnlyList<Passage> passages);
}
