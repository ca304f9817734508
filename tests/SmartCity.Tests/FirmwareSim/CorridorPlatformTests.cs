using System.Text;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Tolling;
using SmartCity.FirmwareSim.Corridor;
using SmartCity.FirmwareSim.Corridor.Score;
using SmartCity.Hosting.Commands;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.FirmwareSim;

/// <summary>The platform's correlation and rating over a simulated corridor, scored against its truth.</summary>
public sealed class CorridorPlatformTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_faults_every_passage_is_charged_as_it_was()
    {
        var score = await ScoreAsync(_folder, "none", 4_000, 1);
        Assert.Equal([], score.Differences.Select(one => one.Write()));
        Assert.Equal((4_000, score.Due), (score.Passages, score.Charged));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task With_every_fault_each_difference_is_one_of_destroyed_evidence(int seed)
    {
        var score = await ScoreAsync(_folder, "all", 4_000, seed);
        Assert.Equal([], score.Differences.Where(one => one.Cause != DifferenceCause.Destroyed).Select(one => one.Write()));
        Assert.NotEmpty(score.Differences);
        Assert.Equal(0, score.Residual);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("all")]
    public async Task A_closed_system_is_charged_by_trips(string faults)
    {
        var score = await ScoreAsync(_folder, faults, 2_000, 1, "--closed");
        Assert.Equal([], score.Differences.Where(one => faults == "none" || one.Cause != DifferenceCause.Destroyed).Select(one => one.Write()));
        Assert.Equal(0, score.Residual);
        Assert.InRange(score.Due, 2_000 / 2 * 100_000L, long.MaxValue);
    }

    [Fact]
    public void With_the_gateways_clock_beside_each_event_too_each_difference_is_one_of_destroyed_evidence()
    {
        var options = CorridorLimits.WithVehicles(CorridorLimits.Day(new CorridorOptions { From = 0, To = 0, Passages = 0, Vehicles = 0, Seed = 3 }, CorridorDay.Usual, 3_000), null);
        var play = new CorridorPlay(options);
        CorridorConfiguration.Write(options, play.Layout, play.Fleet, Directory.CreateDirectory(_folder["configuration"]).FullName);
        var truth = new List<string>();
        var decoder = new TollDecoder(new NoSeries());
        var events = new List<TollEvent>();
        foreach (var arrival in play.Run(passage => truth.Add(Encoding.UTF8.GetString(PassageTruth.Of(passage).Write()).TrimEnd())))
            decoder.Decode(new DeviceSeries(Encoding.UTF8.GetBytes(arrival.Device.Id)), arrival.Json.Span, events, new ReadingBatch(4), new Receipt(arrival.At * 1_000, true));
        var score = CorridorScore.Compare(ChargesOf(events.ToLookup(e => e.Lane), Load(_folder["configuration"])).Select(charge => charge.Write()), truth);
        Assert.Equal([], score.Differences.Where(one => one.Cause != DifferenceCause.Destroyed).Select(one => one.Write()));
        Assert.Equal((3_000, 0L), (score.Passages, score.Residual));
    }

    internal static async Task<CorridorScore> ScoreAsync(TemporaryFolder folder, string faults, int passages, int seed, params string[] more)
    {
        var (events, truth, configuration, charges) = (folder["events"], folder["truth"], folder["configuration"], folder["charges"]);
        var (exit, _, talk) = await Simulator.RunAsync(["corridor", "--out", events, "--truth", truth, "--config", configuration, "--passages", $"{passages}", "--faults", faults, "--seed", $"{seed}", .. more]);
        Assert.True(exit == ExitCode.Done, talk);
        File.WriteAllLines(charges, ChargesOf(Events(events), Load(configuration)).Select(charge => charge.Write()));
        return CorridorScore.Compare(File.ReadLines(charges), File.ReadLines(truth));
    }

    private static TollConfiguration Load(string folder)
    {
        var loaded = TollConfiguration.Load(Directory.GetFiles(folder).Select(file => ConfigFile.Read(file, out _)!));
        Assert.Equal([], loaded.Errors.Concat(loaded.Warnings).Select(issue => issue.ToString()));
        return loaded.Configuration!;
    }

    private static IEnumerable<ChargeLine> ChargesOf(ILookup<string, TollEvent> events, TollConfiguration configuration)
    {
        var (corridor, registers) = (configuration.Corridors[0], configuration.Registers);
        var passages = corridor.Layouts(_ => null).SelectMany(point =>
            Correlator.Correlate(point, new TimeWindow(0, long.MaxValue / 2), point.Lanes.SelectMany(lane => events[lane.Id]), registers.Knowledge, CorrelationOptions.Default).Passages).ToList();
        var billable = passages.Where(passage => passage.State == PassageState.Billable).ToList();
        var roles = corridor.Points.Where(point => point.Role is not null).ToDictionary(point => point.Id, point => point.Role!.Value);
        var uses = roles.Count == 0
            ? billable.Select(passage => new TollUse(passage.Id, passage.Vehicle, passage.Time, passage.TollPoint, passage.ClassCharged!))
            : TripMatcher.Match(billable, new ClosedSystem(roles, (_, _) => TimeSpan.FromHours(2), TimeSpan.FromHours(2)), long.MaxValue / 2).Where(trip => trip is { Entry: not null, Exit: not null })
                .Select(trip => new TollUse(trip.Id, trip.Vehicle, trip.Exit!.Time, trip.Exit.TollPoint, trip.Exit.ClassCharged!, trip.Entry!.TollPoint));
        var rated = RatingEngine.Rate(uses, configuration).Charges.ToDictionary(charge => charge.Use.Id, charge => charge.Gross);
        foreach (var passage in passages)
        {
            var isBillable = passage.State == PassageState.Billable;
            yield return new ChargeLine
            {
                Passage = passage.Id, Point = passage.TollPoint, Time = UnixMicros.ToTime(passage.Time), Class = passage.ClassCharged, Plate = passage.PlateState == PlateState.Confirmed ? passage.Plate!.Key : passage.TagPlate?.Key,
                Account = !isBillable ? null : passage.Tag is { } tag ? registers.TagOf(tag)?.Account : registers.PlateOf(passage.Plate!.Key)?.Account,
                Net = rated.GetValueOrDefault(passage.Id), State = passage.State.ToString(), Finding = passage.Review == ReviewReasons.None ? null : passage.Review.ToString(),
            };
        }
    }

    /// <summary>The events of a played corridor, as the gateway that got them at once would have them.</summary>
    internal static ILookup<string, TollEvent> Events(string file)
    {
        var decoder = new TollDecoder(new NoSeries());
        var events = new List<TollEvent>();
        foreach (var line in File.ReadLines(file))
        {
            var end = line.IndexOf(',', StringComparison.Ordinal);
            var device = new DeviceSeries(Encoding.UTF8.GetBytes(line["{\"device\":\"".Length..(end - 1)]));
            var outcome = decoder.Decode(device, Encoding.UTF8.GetBytes("{" + line[(end + 1)..]), events, new ReadingBatch(4), new Receipt(UnixMicros.Now(TimeProvider.System), true));
            Assert.True(outcome.Rejected == 0, decoder.DescribeRejections());
        }
        return events.Select(e => e with { Received = e.Time }).ToLookup(e => e.Lane);
    }

    private sealed class NoSeries : ISeriesNumbering
    {
        public int Generation => 0;
        public int NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind) => 0;
    }
}
