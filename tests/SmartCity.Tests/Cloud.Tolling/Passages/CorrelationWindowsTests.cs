using CsCheck;
using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

public sealed class CorrelationWindowsTests
{
    private static readonly CorrelationOptions _options = new();
    private static readonly long _margin = _options.ContextMargin.Ticks / TimeSpan.TicksPerMicrosecond;
    private static readonly Gen<long> _time = Gen.Long[-4_000_000_000_000, 4_000_000_000_000];

    [Fact]
    public void An_event_makes_its_own_cell_dirty_and_a_neighbour_whose_margin_it_lies_in()
    {
        Assert.Equal([Road.Cell], CorrelationWindows.Dirty([Road.Start + 300_000_000], _options));
        Assert.Equal([Road.Cell, new(Road.Cell.To, Road.Cell.To + 600_000_000)], CorrelationWindows.Dirty([Road.Cell.To - 1], _options));
        Assert.Equal([new(Road.Start - 600_000_000, Road.Start), Road.Cell], CorrelationWindows.Dirty([Road.Start], _options));
        Assert.Empty(CorrelationWindows.Dirty([], _options));
    }

    [Fact]
    public void A_cell_is_dirty_when_and_only_when_an_event_lies_in_its_context() => _time.Array[0, 8].Sample(times =>
    {
        var dirty = CorrelationWindows.Dirty(times, _options);
        Assert.Equal(dirty.OrderBy(cell => cell.From).Distinct(), dirty);
        Assert.All(dirty, cell =>
        {
            Assert.Equal((0, 600_000_000), (cell.From % 600_000_000, cell.To - cell.From));
            Assert.Contains(times, time => CorrelationWindows.ContextOf(cell, _options).Contains(time));
        });
        foreach (var time in times)
            for (var near = time - _margin; near <= time + _margin; near += 1_000_000)
                Assert.Contains(dirty, cell => cell.Contains(near));
    }, iter: 30);

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void The_ends_of_time_have_cells_too(long time) => Assert.NotEmpty(CorrelationWindows.Dirty([time], _options));

    [Fact]
    public void Contexts_reach_as_far_as_three_duplicates_and_what_lies_and_came_around_them() =>
        Assert.Equal(new TimeWindow(Road.Cell.From - 273_000_000, Road.Cell.To + 273_000_000), CorrelationWindows.ContextOf(Road.Cell, _options));
}
