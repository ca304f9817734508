using SmartCity.Cloud.TimeSeries;

namespace SmartCity.Tests.Cloud.TimeSeries;

/// <summary>README's table of stores says what the code says.</summary>
public sealed class StoreTableTests
{
    [Fact]
    public void Every_store_has_a_row_with_what_it_keeps()
    {
        var rows = File.ReadAllLines(Path.Combine(Repository.Root, "README.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length == 10 && StoreCapabilities.All.Any(store => cells[1].StartsWith($"`{store.Store}`", StringComparison.Ordinal))).ToDictionary(cells => cells[1].Split('`')[1]);
        Assert.Equal(StoreCapabilities.All.Select(store => store.Store), rows.Keys);
        foreach (var store in StoreCapabilities.All)
        {
            var cells = rows[store.Store];
            Assert.Equal(store.TimeStep == 1 ? "1 µs" : $"{store.TimeStep / 1000} ms", cells[3]);
            Assert.StartsWith(store.Digits == 17 ? "every bit" : $"{store.Digits} digits", cells[4]);
            Assert.Equal(store.TakesAnyNumber, !cells[4].Contains("no NaN", StringComparison.Ordinal));
            Assert.Equal(store.KeepsReceived, cells[5].Contains("gateway's time", StringComparison.Ordinal));
            Assert.Equal(store.KeepsDeviceTime, cells[5].Contains("device's own time", StringComparison.Ordinal));
            Assert.Equal(string.Join(", ", store.Levels), cells[6]);
        }
    }
}
