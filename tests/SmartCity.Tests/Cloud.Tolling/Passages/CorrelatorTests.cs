using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

/// <summary>Each rule by example.</summary>
public sealed class CorrelatorTests
{
    private const string Car = "12ب34567", Other = "55د77811";
    private readonly Road _road = new();

    [Fact]
    public void A_vehicle_its_tag_and_its_plate_are_one_passage_of_grade_A()
    {
        _road.Account(1, "77", Car);
        var avc = _road.Avc("L1", 1_000);
        _road.Tag("L1", 700, 1, "77");
        _road.Anpr("L1", 1_600, Car);
        _road.Loop("L1", 1_100);
        var result = _road.Correlate();
        var passage = Assert.Single(result.Passages);
        Assert.Equal(Passage.IdOf("THN-1", TollEventRef.Of(avc)), passage.Id);
        Assert.Equal(("THN-1", "L1", "north", avc.Time, ClockVerdict.Device), (passage.TollPoint, passage.Lane, passage.Direction, passage.Time, passage.Clock));
        Assert.Equal([TollEventKind.Avc, TollEventKind.Tag, TollEventKind.Anpr, TollEventKind.Loop], passage.Members.Select(member => member.Kind));
        Assert.Equal((new TagId(1, "77"), Road.Plate(Car), PlateState.Confirmed), (passage.Tag, passage.Plate, passage.PlateState));
        Assert.Equal(("1", ClassRule.Agreed, EvidenceGrade.A, PassageState.Billable), (passage.ClassCharged, passage.ClassRule, passage.Grade, passage.State));
        Assert.Empty(result.Findings);
        Assert.Equal(new CorrelationTally(4, 4, 0, 0, 0), result.Tally);
    }

    [Fact]
    public void A_late_camera_read_changes_the_passage_and_makes_no_second()
    {
        _road.Register(Car);
        _road.Avc("L1", 1_000);
        var before = _road.Correlate();
        _road.Anpr("L1", 1_600, Car);
        var after = _road.Correlate();
        Assert.Equal(PassageState.Unreadable, before.Passages.Single().State);
        var diff = PassageDiff.Of(before.Passages, after.Passages);
        Assert.Empty(diff.Added);
        Assert.Empty(diff.Removed);
        Assert.Equal(PassageState.Billable, Assert.Single(diff.Changed).After.State);
    }
}
