using System.Diagnostics;
using System.Globalization;
using System.Text;
using SmartCity.Benchmarks.WholePath;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Model;

namespace SmartCity.Benchmarks.Tolling;

/// <summary>
/// Uses rated per second by one thread, with their traces, over the shipped example tariffs: a table by point and band, kilometres with a free allowance, and times of day with the
/// one-charge rule and a daily cap. A day of 20,000 vehicles with ten uses each is rated whole. Then reading and checking of a table of prices.
/// </summary>
internal static class RatingFigure
{
    private const int Turns = 3, UsesPerVehicle = 10;
    /// <summary>What the whole path from event to ledger has to do; rating is one step of it.</summary>
    private const double AtLeast = 5_000;

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>--uses N</c> a turn (default 200,000), <c>--prices N</c> rows of the table (default 100,000).</param>
    /// <returns>0 where every tariff was rated at 5,000 uses/s or more in every turn, else 3.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        var (uses, prices) = (Number("--uses", 200_000), Number("--prices", 100_000));
        var folder = Path.Combine(Tools.Root(), "cloud", "SmartCity.Cloud.Tolling", "examples");
        var load = TollConfiguration.Load(Directory.EnumerateFiles(folder).Where(path => Path.GetExtension(path) is ".json" or ".csv").Select(path => ConfigFile.Read(path, out _)!));
        var configuration = load.Configuration ?? throw new InvalidOperationException(load.Errors[0].ToString());
        Console.WriteLine("turn  tariff                               uses/s   bytes/use");
        var met = true;
        for (var turn = 1; turn <= Turns; turn++)
        {
            met &= Measure(turn, "table by point and band", configuration, Uses(uses, "tn-segment-4", "car", null)) >= AtLeast;
            met &= Measure(turn, "kilometres, free allowance", configuration, Uses(uses, "tw-exit", "small", ExactAmount.OfMinor(12_345, 3))) >= AtLeast;
            met &= Measure(turn, "time of day, one charge, daily cap", configuration, Uses(uses, "gbg-station", "car", null)) >= AtLeast;
        }
        Load(prices);
        return met ? 0 : 3;

        int Number(string name, int otherwise) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault() is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }

    private static double Measure(int turn, string name, TollConfiguration configuration, List<TollUse> uses)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        var result = RatingEngine.Rate(uses, configuration);
        var rate = uses.Count / Stopwatch.GetElapsedTime(began).TotalSeconds;
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / uses.Count;
        if (result.Charges.Count != uses.Count) throw new InvalidOperationException(result.Problems[0].Reason);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{turn,4}  {name,-35} {rate,7:0} {bytes,11}"));
        return rate;
    }

    private static List<TollUse> Uses(int count, string point, string vehicleClass, ExactAmount? km)
    {
        // Tuesday, 3 March 2026, from 00:00 UTC.
        var day = UnixMicros.From(new DateTimeOffset(2026, 3, 3, 0, 0, 0, TimeSpan.Zero));
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(i => new TollUse(i.ToString("x16", CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"IR:{i / UsesPerVehicle}"), day + random.NextInt64(UnixMicros.PerDay), point, vehicleClass, null, km, "tag"))];
    }

    private static void Load(int prices)
    {
        var points = Enumerable.Range(0, prices / 8 + 1).Select(i => $$"""{ "id": "p{{i}}", "directions": ["all"] }""");
        var json = $$"""
            { "corridors": [{ "id": "c", "version": 1, "validFrom": "2020-01-01", "name": "C", "zone": "UTC", "classes": ["k0","k1","k2","k3","k4","k5","k6","k7"], "points": [{{string.Join(",", points)}}] }],
              "calendars": [{ "id": "k", "version": 1, "validFrom": "2020-01-01", "defaultBand": "all" }],
              "tariffs": [{ "id": "t", "version": 1, "validFrom": "2020-01-01", "corridor": "c", "calendar": "k", "currency": "IRR", "scale": 0, "basis": "point", "rounding": { "unit": 1, "stage": "line" } }] }
            """;
        var csv = new StringBuilder("tariff,version,point,class,band,amount\n");
        for (var i = 0; i < prices; i++) csv.Append(CultureInfo.InvariantCulture, $"t,1,p{i / 8},k{i % 8},,{100_000 + i}\n");
        ConfigFile[] files = [new("a.json", Encoding.UTF8.GetBytes(json)), new("b.csv", Encoding.UTF8.GetBytes(csv.ToString()))];
        for (var turn = 1; turn <= Turns; turn++)
        {
            var began = Stopwatch.GetTimestamp();
            var load = TollConfiguration.Load(files);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{turn,4}  {prices} prices ({csv.Length >> 10} KiB) read and checked: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s, {load.Errors.Count} errors"));
        }
    }
}
