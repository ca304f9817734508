using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>
/// Turns the stored events of a toll point into passages, one a vehicle. Pure: the same events in any order, batching or repetition give the same
/// result, and results of adjoining windows add up to that of the whole.
/// </summary>
/// <remarks>
/// <code>
/// events ─► once by key, conflicts and doubtful clocks held ─► reads to vehicles, by lane and time ─► one tag, one plate: one vehicle
///        ─► tag, plate, class and grade of each ─► duplicates within the minute ─► what lies in the window
/// </code>
/// Every step looks at what lies within a fixed time and no further, and a run of duplicates is followed for three steps: so no more than
/// <see cref="CorrelationOptions.ContextMargin"/> around a window decides about it.
/// </remarks>
public static class Correlator
{
    /// <summary>Correlates one window of one toll point.</summary>
    /// <param name="point">The toll point and its lanes.</param>
    /// <param name="window">Any window; that of a dirty cell is found by <see cref="CorrelationWindows.Dirty"/>.</param>
    /// <param name="events">
    /// At least the events that <see cref="CorrelationWindows.ContextOf"/> asks for, in any order and as often as they came. Read once, so that
    /// they can come straight from a store.
    /// </param>
    /// <param name="knowledge">What is known beside the events.</param>
    /// <param name="options">Thresholds.</param>
    /// <returns>What lies in the window: passages by the time of their vehicle, reads and findings by their own.</returns>
    public static CorrelationResult Correlate(
        TollPointLayout point, TimeWindow window, IEnumerable<TollEvent> events, CorrelationKnowledge knowledge, CorrelationOptions options) =>
        Correlate(point, [window], events, knowledge, options)[0];

    /// <summary>Correlates windows of one toll point that follow each other without a gap; each comes to the same as by itself.</summary>
    /// <param name="point">The toll point and its lanes.</param>
    /// <param name="windows">At least one, in order.</param>
    /// <param name="events">At least those of the context of them all.</param>
    /// <param name="knowledge">What is known beside the events.</param>
    /// <param name="options">Thresholds.</param>
    /// <returns>One result a window.</returns>
    public static IReadOnlyList<CorrelationResult> Correlate(
        TollPointLayout point, IReadOnlyList<TimeWindow> windows, IEnumerable<TollEvent> events, CorrelationKnowledge knowledge, CorrelationOptions options) =>
        Correlate(point, windows, events.Select(e => new NamedEvent(e, TollEventRef.Of(e))), knowledge, options);

    internal static IReadOnlyList<CorrelationResult> Correlate(
        TollPointLayout point, IReadOnlyList<TimeWindow> windows, IEnumerable<NamedEvent> events, CorrelationKnowledge knowledge, CorrelationOptions options)
    {
        ArgumentNullException.ThrowIfNull(windows);
        var whole = new TimeWindow(windows[0].From, windows[^1].To);
        var intake = SightingIntake.Take(point, CorrelationWindows.ContextOf(whole, options), events, options);
        var vehicles = VehicleAttachment.Attach(point, intake, knowledge, options);
        VehicleClaims.Settle(vehicles, knowledge, options);
        foreach (var vehicle in vehicles) VehicleIdentification.Identify(vehicle, knowledge, options);
        VehicleDuplicates.Find(vehicles, options);
        return ResultWriter.Write(point, windows, intake, vehicles);
    }
}
