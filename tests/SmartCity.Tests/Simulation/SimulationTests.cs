using SmartCity.Simulation;

namespace SmartCity.Tests.Simulation;

/// <summary>The city on virtual time under kills, power cuts, cut links, full volumes and jumping clocks; tests/simulate runs more seeds.</summary>
public sealed class SimulationTests
{
    private const int Seeds = 50;

    [Fact]
    public void Nothing_is_lost_duplicated_made_up_changed_or_unaccounted_for_in_any_seed()
    {
        var events = new Dictionary<string, int>();
        for (var seed = 1; seed <= Seeds; seed++)
        {
            try
            {
                foreach (var (what, count) in City.Run(seed)) events[what] = events.GetValueOrDefault(what) + count;
            }
            catch (Exception error)
            {
                Assert.Fail($"Seed {seed}: {error}");
            }
        }
        // Seeds under which little happens prove little.
        foreach (var what in new[] { "commit", "deliver", "consume", "connect", "cut", "partition", "gateway killed", "gateway without power", "cloud killed", "cloud without power", "clock jumps" })
            Assert.True(events.GetValueOrDefault(what) > Seeds / 2, $"In {Seeds} seeds \"{what}\" happened {events.GetValueOrDefault(what)} times.");
    }
}
