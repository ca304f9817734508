using System.Security.Cryptography;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Plates;
using SmartCity.FirmwareSim.Corridor;
using SmartCity.Hosting.Commands;
using SmartCity.Model;

namespace SmartCity.Tests.FirmwareSim;

public sealed class CorridorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_seed_gives_the_same_files_to_the_byte_and_another_one_does_not()
    {
        var first = await MakeAsync("--seed", "7");
        var second = await MakeAsync("--seed", "7");
        var third = await MakeAsync("--seed", "8");
        Assert.Equal((HashOf(first.Events), HashOf(first.Truth)), (HashOf(second.Events), HashOf(second.Truth)));
        Assert.NotEqual(HashOf(first.Events), HashOf(third.Events));
        Assert.NotEqual(HashOf(first.Truth), HashOf(third.Truth));
    }

    [Fact]
    public async Task The_platform_takes_every_line()
    {
        var made = await MakeAsync();
        var file = await TollFile.CheckAsync(made.Events, TimeProvider.System, _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(0, file.Errors.Count);
        Assert.Equal(File.ReadLines(made.Events).LongCount(), file.Events);
        Assert.InRange(file.From, UnixMicros.From(new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.FromHours(3.5))) - 2 * UnixMicros.PerSecond, file.To);
    }

    [Fact]
    public async Task Passages_have_the_id_that_the_platform_gives_them()
    {
        var truth = Truth((await MakeAsync()).Truth);
        Assert.Equal(2_000, truth.Count);
        Assert.All(truth.Where(one => one.Anchor is not null), one =>
            Assert.Equal(Passage.IdOf(one.Point, new TollEventRef(one.Anchor!.Value.Device, one.Anchor.Value.Boot, one.Anchor.Value.Sequence, 0)), one.Id));
        Assert.Equal(truth.Count(one => one.Id is not null), truth.Select(one => one.Id).OfType<string>().Distinct().Count());
    }

    [Fact]
    public void Vehicles_have_plates_of_their_own_that_every_writing_leads_back_to()
    {
        var fleet = new Fleet(Options() with { Vehicles = 20_000 });
        var plates = Enumerable.Range(0, fleet.Count).Select(number => fleet[number].Plate).ToList();
        Assert.Equal(plates.Count, plates.Select(plate => plate.Key).Distinct().Count());
        Assert.Equal(Enum.GetValues<PlateKind>().Length, plates.Select(plate => plate.Kind).Distinct().Count());
        foreach (var plate in plates)
        {
            Assert.True(PlateReading.IsValid(plate.Text, plate.Kind), plate.Key);
            for (var style = 0; style < PlateReading.Styles; style++)
                Assert.Equal(plate.Key, PlateGrammar.Parse(PlateReading.Write(plate, style), plate.Country)?.Key);
        }
    }

    [Fact]
    public void A_misread_plate_is_another_plate_one_character_away()
    {
        var fleet = new Fleet(Options() with { Vehicles = 5_000, ForeignShare = 0.2 });
        var chance = new Chance(1);
        var misread = 0;
        for (var number = 0; number < fleet.Count; number++)
        {
            var plate = fleet[number].Plate;
            if (PlateReading.Misread(plate, ref chance) is not { } wrong) continue;
            misread++;
            Assert.Equal(1, plate.Text.Zip(wrong.Text).Count(pair => pair.First != pair.Second));
            Assert.Equal(wrong.Key, PlateGrammar.Parse(wrong.Text, wrong.Country)?.Key);
        }
        Assert.InRange(misread, 4_500, 5_000);
    }

    private static CorridorOptions Options() => new() { From = 1_795_293_000_000, To = 1_795_293_000_000 + 86_400_000, Passages = 2_000, Vehicles = 500 };

    private async Task<(string Events, string Truth)> MakeAsync(params string[] more)
    {
        var (events, truth) = (_folder[Guid.NewGuid() + ".ndjson"], _folder[Guid.NewGuid() + ".truth"]);
        var (exit, _, talk) = await Simulator.RunAsync(["corridor", "--out", events, "--truth", truth, "--passages", "2000", .. more]);
        Assert.True(exit == ExitCode.Done, talk);
        return (events, truth);
    }

    private static List<PassageTruth> Truth(string file) => [.. File.ReadLines(file).Select(PassageTruth.Read)];

    private static string HashOf(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
}
