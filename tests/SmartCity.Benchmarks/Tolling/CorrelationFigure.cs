using System.Diagnostics;
using System.Globalization;
using System.Text;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Benchmarks.Tolling;

/// <summary>
/// One hour of one toll point with 100 lanes, cell by cell as it is done live: passages and events per second of processor time, and the memory that correlation
/// holds while it has all events of a cell and its context, and the vehicles made of them. Of every vehicle a loop, a classifier, two cameras and, of most, an antenna say something; some reads are
/// the neighbour's, some are wrong. Events are made while they are read, as a store does; what that costs is measured by itself and taken off.
/// </summary>
internal static class CorrelationFigure
{
    private const long Start = 1_795_500_000_000_000, Second = 1_000_000;
    private const int StateBytesMax = 100 << 20;
    private const string Letters = "بجدسصطقلمنوهی";

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>--lanes N</c> (default 100), <c>--vehicles N</c> of a lane in the hour (default 1,000).</param>
    /// <returns>0 where the state stayed within 100 MB and every event stood in one place, else 3.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        var lanes = int.Parse(Option("--lanes", "100"), CultureInfo.InvariantCulture);
        var vehicles = int.Parse(Option("--vehicles", "1000"), CultureInfo.InvariantCulture);
        var point = new TollPointLayout("THN-1", [.. Enumerable.Range(0, lanes).Select(lane => new TollLane($"THN-1-L{lane}", lane < lanes / 2 ? "north" : "south"))]);
        var options = CorrelationOptions.Default;
        var accounts = new Dictionary<TagId, Plate>();
        foreach (var e in Events(lanes, vehicles, new TimeWindow(Start - 3_600 * Second, Start + 7_200 * Second)))
            if (TollPayload.ReadTag(e.Json.Span).Id is { } tag) accounts[tag] = PlateGrammar.Parse(PlateOf(int.Parse(tag.Tag, CultureInfo.InvariantCulture)))!;
        // The register is asked last of a vehicle, when all are there: a moment to look at the memory.
        var (asked, lookAt, before, state) = (0, -1, 0L, 0L);
        var knowledge = new CorrelationKnowledge(accounts.GetValueOrDefault, _ => Look(), new HashSet<ulong> { 1 });
        var (makes, correlates) = (TimeSpan.Zero, TimeSpan.Zero);
        var (events, read, passages, billable, balances) = (0L, 0L, 0L, 0L, true);
        long stateMax = 0;
        Console.WriteLine("cell   events read  of the cell   passages   billable   state MiB");
        for (var from = Start; from < Start + 3_600 * Second; from += CorrelationWindows.Micros(options.Cell))
        {
            var cell = new TimeWindow(from, from + CorrelationWindows.Micros(options.Cell));
            var context = CorrelationWindows.ContextOf(cell, options);
            var began = Process.GetCurrentProcess().TotalProcessorTime;
            var count = Events(lanes, vehicles, context).LongCount();
            var made = Process.GetCurrentProcess().TotalProcessorTime;
            var result = Correlator.Correlate(point, cell, Events(lanes, vehicles, context), knowledge, options);
            var done = Process.GetCurrentProcess().TotalProcessorTime;
            // Once more for the memory: a full collection would spoil the time.
            (asked, lookAt, before) = (0, asked, GC.GetTotalMemory(true));
            Correlator.Correlate(point, cell, Events(lanes, vehicles, context), knowledge, options);
            (asked, lookAt) = (0, -1);
            makes += made - began;
            correlates += done - made - (made - began);
            (events, read, passages, stateMax) = (events + result.Tally.Events, read + count, passages + result.Passages.Count, Math.Max(stateMax, state));
            billable += result.Passages.Count(passage => passage.State == PassageState.Billable);
            balances &= result.Tally.Balances;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(from - Start) / Second / 60,4} {count,13:N0} {result.Tally.Events,12:N0} {result.Passages.Count,10:N0} {result.Passages.Count(passage => passage.State == PassageState.Billable),10:N0} {state / 1048576.0,11:0.0}"));
        }
        var seconds = correlates.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{passages:N0} passages ({billable:N0} billable), {events:N0} events, read {(double)read / events:0.0} times: {seconds:0.0} s of processor time and {makes.TotalSeconds:0.0} s to make them; {passages / seconds:N0} passages/s, {events / seconds:N0} events/s; state {stateMax / 1048576.0:0.0} MiB"));
        return stateMax <= StateBytesMax && balances ? 0 : 3;

        bool Look()
        {
            if (++asked == lookAt) state = GC.GetTotalMemory(true) - before;
            return true;
        }

        string Option(string name, string otherwise) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault() ?? otherwise;
    }

    /// <summary>The events of a span, lane by lane, as a store returns them. The same for every span that a vehicle lies in.</summary>
    private static IEnumerable<TollEvent> Events(int lanes, int vehicles, TimeWindow span)
    {
        var headway = 3_600 * Second / vehicles;
        for (var lane = 0; lane < lanes; lane++)
            for (var serial = (span.From - Start) / headway - 1; serial * headway + Start < span.To; serial++)
            {
                var vehicle = (int)((serial * lanes + lane + 10_000_000) % 8_000_000);
                var time = Start + serial * headway + vehicle * 7_919L % (headway / 2);
                foreach (var e in Vehicle(lanes, lane, vehicle, (ulong)(serial + 1_000_000), time))
                    if (span.Contains(e.Time)) yield return e;
            }
    }

    private static IEnumerable<TollEvent> Vehicle(int lanes, int lane, int vehicle, ulong serial, long time)
    {
        yield return Event("loop", lane, serial, time - 50_000, TollEventKind.Loop, "\"occupied_ms\":412");
        yield return Event("avc", lane, serial, time, TollEventKind.Avc, $"\"axles\":2,\"length_cm\":431,\"height_cm\":152,\"dual_tyre\":false,\"speed_kmh\":87.4,\"class\":\"car\",\"count\":{serial}");
        if (vehicle % 10 < 7)
        {
            yield return Tag("tag", lane, 5);
            if (vehicle % 50 == 1 && lane + 1 < lanes) yield return Tag("stray", lane + 1, 1);
        }
        if (vehicle % 100 != 2) yield return Plate("front", time - 100_000, vehicle % 100 == 3 ? vehicle + 1 : vehicle);
        if (vehicle % 100 != 4) yield return Plate("rear", time + 200_000, vehicle);

        TollEvent Tag(string device, int at, int reads) => Event(device, at, serial, time - 200_000, TollEventKind.Tag, $"\"issuer\":1,\"tag\":\"{vehicle}\",\"rssi_dbm\":-61,\"reads\":{reads},\"class\":\"car\"");
        TollEvent Plate(string side, long at, int seen) => Event(side, lane, serial, at, TollEventKind.Anpr,
            $"\"side\":\"{side}\",\"candidates\":[{{\"text\":\"{PlateOf(seen)}\",\"country\":\"IR\",\"confidence\":0.95}}],\"image\":\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"");
    }

    private static TollEvent Event(string device, int lane, ulong serial, long time, TollEventKind kind, string members)
    {
        var json = string.Create(CultureInfo.InvariantCulture, $"{{\"boot\":7,\"seq\":{serial},\"ts\":{time / 1_000},\"clock\":\"locked\",\"lane\":\"THN-1-L{lane}\",\"kind\":\"{kind}\",{members}}}");
        return new TollEvent($"{device}-{lane}", 7, serial, time, time + 60_000, TollClock.Locked, $"THN-1-L{lane}", kind, ReadingQuality.Good, Encoding.UTF8.GetBytes(json));
    }

    private static string PlateOf(int vehicle)
    {
        var digits = new char[5];
        for (var (i, left) = (0, vehicle); i < 5; i++, left /= 9) digits[i] = (char)('1' + left % 9);
        return $"{digits[0]}{digits[1]}{Letters[vehicle / 59_049 % Letters.Length]}{digits[2]}{digits[3]}{digits[4]}{11 + vehicle / 59_049 / Letters.Length % 28}";
    }
}
