using SmartCity.FirmwareSim.Corridor;
using SmartCity.FirmwareSim.Corridor.Score;
using SmartCity.Hosting.Commands;

namespace SmartCity.Tests.FirmwareSim;

/// <summary>Planted differences between charges and truth are found, each with its cause.</summary>
public sealed class CorridorScoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Charges_like_the_truth_have_no_difference_in_any_order()
    {
        var truth = Truth("none");
        var charges = truth.Select(Right).Reverse().ToList();
        var score = Score(charges, truth);
        Assert.Empty(score.Differences);
        Assert.Equal((true, truth.Sum(one => one.Net), score.Due), (score.IsExplained, score.Due, score.Charged));
    }

    [Fact]
    public void Every_mistake_is_found_once_with_its_cause_and_its_money()
    {
        var truth = Truth("none").ToList();
        var charges = truth.ConvertAll(Right);
        charges[1] = charges[1] with { Class = "bus", Net = charges[1].Net + 7 };
        charges[2] = charges[2] with { Account = "T-1" };
        charges[3] = charges[3] with { Net = charges[3].Net - 1 };
        charges[4] = charges[4] with { Net = 0, State = "Review", Class = null, Finding = "PLATE_UNMATCHED" };
        charges[5] = charges[5] with { Plate = null, Account = null };
        charges[6] = charges[6] with { Plate = "IR:11ب11111" };
        charges.Add(charges[7]);
        charges.Add(charges[8] with { Passage = new string('0', 32), Net = 5 });
        charges.Add(charges[8] with { Passage = new string('1', 32), Net = 0 });
        charges.RemoveAt(0);
        var score = Score(charges, truth);
        Assert.Equal(
            [
                (DifferenceCause.Missed, truth[0].Id, -truth[0].Net), (DifferenceCause.Missed, truth[4].Id, -truth[4].Net), (DifferenceCause.Double, truth[7].Id, truth[7].Net), (DifferenceCause.WrongClass, truth[1].Id, 7L),
                (DifferenceCause.WrongPlate, truth[2].Id, 0), (DifferenceCause.WrongPlate, truth[5].Id, 0), (DifferenceCause.WrongPlate, truth[6].Id, 0), (DifferenceCause.WrongAmount, truth[3].Id, -1), (DifferenceCause.Orphan, new string('0', 32), 5),
            ],
            score.Differences.OrderBy(one => one.Cause).ThenBy(one => truth.FindIndex(passage => passage.Id == one.Passage)).Select(one => (one.Cause, one.Passage, one.Amount)));
        Assert.Equal((0L, false), (score.Residual, score.IsExplained));
    }

    [Fact]
    public void What_no_evidence_was_left_for_is_explained_and_what_sufficed_is_not()
    {
        var truth = Truth("none").ToList();
        var tagged = truth.FindIndex(one => one.Tags.Count == 1);
        var plain = truth.FindIndex(one => one.Tags.Count == 0 && one.Registered && one.PlateKind != PlateKind.Motorcycle);
        var lostFront = new Damage(LaneEvidence.Front, CorridorFault.PlateUnread, DamageEffect.Lost);
        Assert.Equal(DifferenceCause.Missed, CauseOf(tagged, lostFront));
        Assert.Equal(DifferenceCause.Missed, CauseOf(plain, lostFront));
        Assert.Equal(DifferenceCause.Destroyed, CauseOf(plain, lostFront, lostFront with { Evidence = LaneEvidence.Rear }));
        Assert.Equal(DifferenceCause.Missed, CauseOf(tagged, lostFront, lostFront with { Evidence = LaneEvidence.Rear }));
        Assert.Equal(DifferenceCause.Missed, CauseOf(tagged, new Damage(LaneEvidence.Avc, CorridorFault.Offline, DamageEffect.Late), new Damage(LaneEvidence.Tag, CorridorFault.Duplicate, DamageEffect.Repeated)));
        Assert.Equal(DifferenceCause.Destroyed, CauseOf(tagged, new Damage(LaneEvidence.Avc, CorridorFault.AvcClass, DamageEffect.Altered) { Said = "bus" }));

        DifferenceCause CauseOf(int at, params Damage[] damages)
        {
            var damaged = truth.ToList();
            damaged[at] = damaged[at] with { Damages = damages };
            var charges = truth.ConvertAll(Right);
            charges[at] = charges[at] with { Net = 0, State = "Review" };
            return Assert.Single(Score(charges, damaged).Differences).Cause;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_reads_of_a_vehicle_without_an_anchor_explain_what_its_neighbour_is_charged(bool isOfClock)
    {
        var truth = Truth("none").ToList();
        var plain = truth.FindIndex(one => one.Tags.Count == 0);
        var charges = truth.ConvertAll(Right);
        charges[plain] = charges[plain] with { Account = "T-5" };
        Assert.Equal(DifferenceCause.WrongPlate, Assert.Single(Score(charges, truth).Differences).Cause);
        Damage damage = isOfClock
            ? new(LaneEvidence.Avc, CorridorFault.ClockStep, DamageEffect.Altered) { Lane = truth[plain].Lane, Stamp = 0 } : new(LaneEvidence.Avc, CorridorFault.AvcMissed, DamageEffect.Lost);
        truth.Add(truth[plain] with { Id = null, Account = "T-5", Plate = "IR:11ب11111", Net = 0, Time = truth[plain].Time.AddSeconds(1), Damages = [damage] });
        Assert.Equal([DifferenceCause.Destroyed, DifferenceCause.Destroyed], Score(charges, truth).Differences.Select(one => one.Cause));
    }

    [Fact]
    public void Of_a_vehicle_taken_for_two_one_half_may_be_charged_and_both_may_not()
    {
        var truth = Truth("none").ToList();
        var ghost = new string('9', 32);
        truth[3] = truth[3] with { Ghost = ghost, Damages = [new Damage(LaneEvidence.Avc, CorridorFault.AvcSplit, DamageEffect.Altered) { Said = "truck-2" }] };
        var charges = truth.ConvertAll(Right);
        charges.Add(charges[3] with { Passage = ghost });
        Assert.Equal((DifferenceCause.Double, truth[3].Net), Assert.Single(Score(charges, truth).Differences) is var twice ? (twice.Cause, twice.Amount) : default);
        charges[3] = charges[3] with { Net = 0, State = "Duplicate" };
        var instead = Score(charges, truth);
        Assert.Equal([DifferenceCause.Destroyed, DifferenceCause.Destroyed], instead.Differences.Select(one => one.Cause));
        Assert.Equal(0, instead.Differences.Sum(one => one.Amount));
    }

    [Fact]
    public async Task The_exit_code_says_whether_all_is_explained()
    {
        var truth = Truth("avc-missed=0.1");
        var (charges, differences) = (_folder["charges"], _folder["differences"]);
        File.WriteAllLines(charges, truth.Where(one => one.Id is not null).Select(one => Right(one).Write()));
        File.WriteAllBytes(_folder["truth"], [.. truth.SelectMany(one => one.Write())]);
        var (exit, output, talk) = await Simulator.RunAsync("corridor", "--score", charges, "--truth", _folder["truth"], "--differences", differences, "--output", "csv");
        var missed = truth.Where(one => one.Id is null).ToList();
        Assert.Equal(ExitCode.Done, exit);
        Assert.Contains($"destroyed,avc,avc-missed,{missed.Count},{missed.Sum(one => one.Net)},0,{-missed.Sum(one => one.Net)}", output, StringComparison.Ordinal);
        Assert.Contains("unexplained 0.", talk, StringComparison.Ordinal);
        Assert.Equal(missed.Count, File.ReadLines(differences).Count());

        File.WriteAllLines(charges, File.ReadAllLines(charges).Skip(1));
        Assert.Equal(ExitCode.Findings, (await Simulator.RunAsync("corridor", "--score", charges, "--truth", _folder["truth"])).Exit);
        File.AppendAllText(charges, "{\"passage\": 7}\n");
        (exit, _, talk) = await Simulator.RunAsync("corridor", "--score", charges, "--truth", _folder["truth"]);
        Assert.Equal(ExitCode.WrongUse, exit);
        Assert.Contains($"--score: line {File.ReadLines(charges).Count()}:", talk, StringComparison.Ordinal);
        File.AppendAllBytes(_folder["truth"], truth.First(one => one.Id is not null).Write());
        Assert.Contains("stands there twice", (await Simulator.RunAsync("corridor", "--score", charges, "--truth", _folder["truth"])).Talk, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--faults all,fire", "fire is no fault")]
    [InlineData("--faults lost=2", "lost=2: write lost=X with X from 0 to 1")]
    [InlineData("--faults none,lost", "none is no fault")]
    [InlineData("--day 1405-13-01", "--day 1405-13-01: a date is needed")]
    [InlineData("--day 2026-02-30", "--day 2026-02-30: a date is needed")]
    [InlineData("--zone Mars/Olympus", "--zone Mars/Olympus: no such zone")]
    [InlineData("--tag-share 1.5", "--tag-share 1.5: a number from 0 to 1")]
    [InlineData("--passages 0", "--passages 0: 1 to 10,000,000")]
    [InlineData("--out x --passages 1000000 --points 1 --lanes 1", "2 lanes carry at most 30,000 a day")]
    [InlineData("--out x --vehicles 1", "--vehicles 1: ")]
    [InlineData("--out x --closed --points 1", "--closed: at least 2 junctions")]
    [InlineData("--out x --rate 5", "--rate is of use played live only")]
    [InlineData("--passages 5", "--passages is of use with --out only")]
    [InlineData("--rate 50", "--rate 50: 24 lanes carry at most 6 a second")]
    [InlineData("--score x", "--score: write --truth FILE")]
    [InlineData("--differences x", "--differences is of use with --score only")]
    [InlineData("--corridor a/b", "--corridor: 1 to 32")]
    public async Task Wrong_use_is_exit_2_with_what_is_needed(string arguments, string message)
    {
        var (exit, output, talk) = await Simulator.RunAsync(["corridor", .. arguments.Split(' ')]);
        Assert.Equal((ExitCode.WrongUse, ""), (exit, output));
        Assert.Contains(message, talk, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_not_there_are_exit_4()
    {
        Assert.Equal(ExitCode.NotFound, (await Simulator.RunAsync("corridor", "--out", "/nowhere/at/all")).Exit);
        Assert.Equal(ExitCode.NotFound, (await Simulator.RunAsync("corridor", "--score", "/nowhere/charges", "--truth", "/nowhere/truth")).Exit);
    }

    [Theory]
    [InlineData("1405-09-01", "2026-11-22")]
    [InlineData("1405/9/1", "2026-11-22")]
    [InlineData("1403/12/30", "2025-03-20")]
    [InlineData("1404-12-30", null)]
    [InlineData("2024-02-29", "2024-02-29")]
    [InlineData("today", null)]
    public void A_day_is_a_date_of_either_calendar(string text, string? day) =>
        Assert.Equal(day is null ? (DateOnly?)null : DateOnly.ParseExact(day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), CorridorDay.Parse(text));

    [Fact]
    public void A_day_is_as_long_as_its_zone_has_it()
    {
        Assert.Equal(24, HoursOf("Asia/Tehran", "2026-11-22"));
        Assert.Equal(23, HoursOf("Europe/Oslo", "2026-03-29"));
        // The clocks went on at midnight.
        Assert.Equal(23, HoursOf("Asia/Tehran", "2021-03-22"));

        static double HoursOf(string zone, string day)
        {
            var (from, to) = CorridorDay.SpanOf(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(zone));
            return (to - from) / 3_600_000.0;
        }
    }

    private static ChargeLine Right(PassageTruth truth) => new()
    {
        Passage = truth.Id!, Point = truth.Point, Time = truth.Time, Class = truth.Class, Plate = truth.Plate, Account = truth.Account, Net = truth.Net, State = "Billable",
    };

    private static CorridorScore Score(IEnumerable<ChargeLine> charges, IEnumerable<PassageTruth> truth) =>
        CorridorScore.Compare(charges.Select(charge => charge.Write()), truth.Select(one => System.Text.Encoding.UTF8.GetString(one.Write()).TrimEnd()));

    private static List<PassageTruth> Truth(string faults)
    {
        Assert.Null(CorridorFaults.TryParse(faults, out var read));
        var options = CorridorLimits.WithVehicles(CorridorLimits.Day(new CorridorOptions { From = 0, To = 0, Passages = 0, Vehicles = 0, Faults = read }, CorridorDay.Usual, 200), null);
        var truth = new List<PassageTruth>();
        foreach (var _ in new CorridorPlay(options).Run(record => truth.Add(PassageTruth.Of(record)))) { }
        return truth;
    }
}
