using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model;
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

    [Fact]
    public void What_has_no_vehicle_is_an_orphan_and_never_a_charge()
    {
        _road.Tag("L1", 1_000, 1, "77");
        _road.Anpr("L1", 1_000, Car);
        _road.Loop("L1", 1_000);
        var result = _road.Correlate();
        Assert.Empty(result.Passages);
        Assert.Equal(["ORPHAN_LOOP", "ORPHAN_PLATE", "ORPHAN_TAG"], Codes(result).Order());
        Assert.Equal(["1:77", "IR:" + Car, null], result.Orphans.OrderBy(read => read.Kind).Select(read => read.Identity));
        Assert.Equal(new CorrelationTally(3, 0, 0, 3, 0), result.Tally);
    }

    [Theory]
    [InlineData(TollEventKind.Tag, 1_500_000, true)]
    [InlineData(TollEventKind.Tag, -1_500_000, true)]
    [InlineData(TollEventKind.Tag, 1_500_001, false)]
    [InlineData(TollEventKind.Tag, -1_500_001, false)]
    [InlineData(TollEventKind.Anpr, 2_000_000, true)]
    [InlineData(TollEventKind.Anpr, -2_000_001, false)]
    [InlineData(TollEventKind.Loop, 1_500_000, true)]
    [InlineData(TollEventKind.Loop, 1_500_001, false)]
    public void A_read_is_a_vehicles_within_its_time_to_the_microsecond(TollEventKind kind, long apart, bool isAttached)
    {
        var avc = _road.Avc("L1", 10_000);
        _ = kind switch { TollEventKind.Tag => _road.Tag("L1", 0, 1, "77"), TollEventKind.Anpr => _road.Anpr("L1", 0, Car), _ => _road.Loop("L1", 0) };
        _road.Change(e => e with { Time = avc.Time + apart, Received = avc.Time + apart });
        var result = _road.Correlate();
        Assert.Equal(isAttached ? 2 : 1, result.Passages.Single().Members.Count);
        Assert.Equal(isAttached ? 0 : 1, result.Orphans.Count);
    }

    [Fact]
    public void Of_two_vehicles_close_behind_each_other_each_keeps_its_own()
    {
        _road.Avc("L1", 1_000);
        _road.Avc("L1", 2_200);
        _road.Tag("L1", 1_500, 1, "first");
        _road.Tag("L1", 1_800, 1, "second");
        Assert.Equal(["first", "second"], _road.Correlate().Passages.Select(passage => passage.Tag?.Tag));
    }

    [Fact]
    public void A_read_midway_between_two_vehicles_goes_to_the_first()
    {
        _road.Avc("L1", 1_000);
        _road.Avc("L1", 2_000);
        _road.Tag("L1", 1_500, 1, "77");
        Assert.Equal(["77", null], _road.Correlate().Passages.Select(passage => passage.Tag?.Tag));
    }

    [Fact]
    public void A_read_in_a_lane_without_vehicle_goes_to_the_neighbours_on_evidence_of_grade_C()
    {
        _road.Avc("L2", 1_000);
        _road.Tag("L1", 1_100, 1, "77");
        var passage = _road.Correlate().Passages.Single();
        Assert.Equal((new TagId(1, "77"), EvidenceGrade.C, PassageState.Billable), (passage.Tag, passage.Grade, passage.State));
        Assert.Equal(("L1", true), (passage.Members[1].Lane, passage.Members[1].IsCrossLane));
    }

    [Theory]
    [InlineData("L3", "L4")] // runs the other way
    [InlineData("L1", "L3")] // not next to it
    public void A_read_goes_to_no_lane_but_a_neighbour_of_its_direction(string vehicle, string read)
    {
        _road.Avc(vehicle, 1_000);
        _road.Tag(read, 1_000, 1, "77");
        Assert.Equal(["AVC_ONLY", "ORPHAN_TAG"], Codes(_road.Correlate()).Order());
    }

    [Fact]
    public void A_loop_sees_no_vehicle_of_the_next_lane()
    {
        _road.Avc("L2", 1_000);
        _road.Loop("L1", 1_000);
        Assert.Contains("ORPHAN_LOOP", Codes(_road.Correlate()));
    }

    [Fact]
    public void What_the_neighbours_antenna_and_camera_saw_too_loses_and_points_to_the_own_read()
    {
        _road.Account(1, "77", Car).Avc("L1", 1_000);
        var (tag, plate) = (_road.Tag("L1", 900, 1, "77"), _road.Anpr("L1", 1_200, Car));
        var (strayTag, strayPlate, misread) = (_road.Tag("L2", 950, 1, "77"), _road.Anpr("L2", 1_300, Car), _road.Anpr("L2", 1_400, "12ب24567"));
        var result = _road.Correlate();
        var passage = result.Passages.Single();
        Assert.Equal(3, passage.Members.Count);
        Assert.Equal(
            [(Ref(strayTag), Ref(tag)), (Ref(strayPlate), Ref(plate)), (Ref(misread), Ref(plate))],
            result.Suppressed.Select(read => (read.Event, read.Winner)));
        Assert.All(result.Suppressed, read => Assert.Equal((SuppressReason.CrossLane, passage.Id, passage.Id), (read.Reason, read.WinnerPassage, read.Passage)));
        Assert.Empty(result.Findings);
    }

    [Fact]
    public void Of_two_neighbours_the_one_that_shows_the_same_tag_wins_not_the_nearer()
    {
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Avc("L3", 1_400);
        _road.Tag("L2", 1_400, 1, "77");
        var result = _road.Correlate();
        Assert.Equal([new TagId(1, "77"), null], result.Passages.Select(passage => passage.Tag));
        Assert.Equal(SuppressReason.CrossLane, result.Suppressed.Single().Reason);
    }

    [Fact]
    public void Another_tag_from_a_lane_whose_classifier_missed_a_vehicle_is_no_second_tag_of_this_one()
    {
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Tag("L2", 1_000, 1, "88");
        var result = _road.Correlate();
        Assert.Equal(new TagId(1, "77"), result.Passages.Single().Tag);
        Assert.Equal("1:88", result.Orphans.Single().Identity);
    }

    [Fact]
    public void A_stray_tag_of_another_plate_and_a_stray_plate_of_another_tag_are_orphans()
    {
        _road.Account(1, "77", Car).Account(1, "88", Other);
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, Car);
        _road.Tag("L2", 1_000, 1, "88");
        _road.Avc("L1", 100_000);
        _road.Tag("L1", 100_000, 1, "77");
        _road.Anpr("L2", 100_000, Other);
        var result = _road.Correlate();
        Assert.Equal(2, result.Orphans.Count);
        Assert.All(result.Passages, passage => Assert.Equal("IR:" + Car, passage.Vehicle));
    }

    [Fact]
    public void A_tag_that_two_lanes_read_is_on_the_vehicle_with_its_plate_and_the_other_pays_by_its_own()
    {
        _road.Account(1, "77", Car).Register(Other);
        _road.Avc("L1", 1_000);
        var tag = _road.Tag("L1", 1_000, 1, "77", reads: 2, rssi: -75);
        _road.Anpr("L1", 1_100, Car);
        _road.Avc("L2", 1_050);
        var stray = _road.Tag("L2", 1_050, 1, "77", reads: 9, rssi: -50);
        _road.Anpr("L2", 1_100, Other);
        var result = _road.Correlate();
        Assert.Equal(["IR:" + Car, "IR:" + Other], result.Passages.Select(passage => passage.Vehicle));
        Assert.All(result.Passages, passage => Assert.Equal(PassageState.Billable, passage.State));
        Assert.Null(result.Passages[1].Tag);
        var lost = result.Suppressed.Single();
        Assert.Equal((Ref(stray), SuppressReason.CrossLane, Ref(tag), result.Passages[0].Id, result.Passages[0].Id), (lost.Event, lost.Reason, lost.Winner, lost.WinnerPassage, lost.Passage));
    }

    [Theory]
    [InlineData("L2", true)]
    [InlineData("L1", false)]
    public void A_tag_that_only_the_wrong_antenna_read_goes_to_the_vehicle_that_shows_its_plate(string lane, bool isCrossLane)
    {
        _road.Account(1, "77", Car).Register(Other);
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, Car);
        _road.Avc(lane, 3_000);
        _road.Anpr(lane, 3_000, Other);
        _road.Tag(lane, 2_200, 1, "77");
        var result = _road.Correlate();
        Assert.Equal([("IR:" + Car, new TagId(1, "77")), ("IR:" + Other, (TagId?)null)], result.Passages.Select(passage => (passage.Vehicle!, passage.Tag)));
        Assert.Equal(isCrossLane, result.Passages[0].Members.Single(member => member.Kind == TollEventKind.Tag).IsCrossLane);
        Assert.All(result.Passages, passage => Assert.Equal(PassageState.Billable, passage.State));
    }

    [Fact]
    public void A_stray_tag_does_not_go_where_cameras_saw_another_plate_too()
    {
        _road.Account(1, "77", Car).Register(Other);
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, Car);
        _road.Anpr("L1", 1_000, Other, side: "rear");
        _road.Tag("L2", 1_000, 1, "77");
        var result = _road.Correlate();
        Assert.Equal((PassageState.Review, null), (result.Passages.Single().State, result.Passages.Single().Tag));
        Assert.Equal("1:77", result.Orphans.Single().Identity);
    }

    [Fact]
    public void Tag_and_plate_of_a_vehicle_that_the_next_lane_saw_both_are_still_not_on_the_other()
    {
        _road.Account(1, "77", Car).Register(Other);
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Anpr("L1", 1_000, Car);
        _road.Avc("L2", 1_050);
        _road.Tag("L2", 1_050, 1, "77", reads: 9, rssi: -50);
        _road.Anpr("L2", 1_050, Other);
        _road.Anpr("L2", 1_050, Car, side: "rear");
        var result = _road.Correlate();
        Assert.Equal([("IR:" + Car, true), ("IR:" + Other, false)], result.Passages.Select(passage => (passage.Vehicle!, passage.Tag is not null)));
        Assert.All(result.Passages, passage => Assert.Equal(PassageState.Billable, passage.State));
        Assert.Equal([SuppressReason.CrossLane, SuppressReason.CrossLane], result.Suppressed.Select(read => read.Reason));
    }

    [Theory]
    [InlineData(1_500, PassageState.Duplicate, "DUP")]
    [InlineData(1_501, PassageState.Unreadable, "AVC_ONLY")]
    public void Two_classifiers_that_saw_a_vehicle_at_two_moments_saw_two(int second, PassageState state, string code)
    {
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Avc("L2", second);
        _road.Tag("L2", second, 1, "77", reads: 1);
        var result = _road.Correlate();
        Assert.Equal([PassageState.Billable, state], result.Passages.Select(passage => passage.State));
        Assert.Equal(code == "DUP" ? [] : [code], Codes(result));
        Assert.Equal(code == "DUP" ? SuppressReason.Duplicate : SuppressReason.CrossLane, result.Suppressed.Single().Reason);
    }

    [Fact]
    public void Of_two_passages_with_the_tag_the_one_of_better_evidence_is_charged()
    {
        _road.Account(1, "77", Car);
        _road.Avc("L1", 1_000, "9");
        _road.Tag("L1", 1_000, 1, "77");
        _road.Avc("L1", 31_000);
        _road.Tag("L1", 31_000, 1, "77");
        _road.Anpr("L1", 31_000, Car);
        var result = _road.Correlate();
        Assert.Equal([PassageState.Duplicate, PassageState.Billable], result.Passages.Select(passage => passage.State));
    }

    [Fact]
    public void A_tag_that_two_lanes_read_and_nobody_knows_is_where_it_was_read_best()
    {
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77", reads: 2);
        _road.Tag("L1", 1_000, 1, "11");
        _road.Avc("L2", 1_050);
        _road.Tag("L2", 1_050, 1, "77", reads: 9);
        Assert.Equal(["11", "77"], _road.Correlate().Passages.Select(passage => passage.Tag?.Tag));
    }

    [Fact]
    public void The_second_tag_of_a_vehicle_that_the_neighbours_antenna_read_too_is_not_the_neighbours()
    {
        _road.Account(1, "11", Car).Register(Other);
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "11");
        _road.Tag("L1", 1_000, 1, "77", reads: 9);
        _road.Anpr("L1", 1_100, Car);
        _road.Avc("L2", 1_050);
        _road.Tag("L2", 1_050, 1, "77", reads: 1);
        _road.Anpr("L2", 1_100, Other);
        var result = _road.Correlate();
        Assert.Equal(["11", null], result.Passages.Select(passage => passage.Tag?.Tag));
        Assert.All(result.Passages, passage => Assert.Equal(PassageState.Billable, passage.State));
    }

    [Fact]
    public void A_plate_that_two_cameras_saw_is_on_the_vehicle_without_another()
    {
        _road.Register(Car, Other);
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, Car);
        _road.Avc("L2", 1_000);
        _road.Anpr("L2", 1_000, Other);
        _road.Anpr("L2", 1_100, Car, side: "rear");
        var result = _road.Correlate();
        Assert.Equal(["IR:" + Car, "IR:" + Other], result.Passages.Select(passage => passage.Vehicle));
        Assert.Equal((SuppressReason.CrossLane, result.Passages[0].Id), (result.Suppressed.Single().Reason, result.Suppressed.Single().WinnerPassage));
    }

    [Fact]
    public void The_tag_of_the_vehicle_ahead_that_the_antenna_still_reads_is_not_the_next_ones()
    {
        _road.Account(1, "77", Car).Register(Other);
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Anpr("L1", 1_000, Car);
        _road.Avc("L1", 3_200);
        _road.Tag("L1", 2_600, 1, "77");
        _road.Anpr("L1", 3_200, Other);
        var result = _road.Correlate();
        Assert.Equal(["IR:" + Car, "IR:" + Other], result.Passages.Select(passage => passage.Vehicle));
        Assert.Equal(SuppressReason.Duplicate, result.Suppressed.Single().Reason);
    }

    [Fact]
    public void A_vehicle_on_the_line_that_both_lanes_saw_is_charged_once()
    {
        _road.Account(1, "77", Car);
        foreach (var lane in (string[])["L1", "L2"])
        {
            _road.Avc(lane, 1_000);
            _road.Tag(lane, 1_000, 1, "77");
            _road.Anpr(lane, 1_000, Car);
        }
        var result = _road.Correlate();
        Assert.Equal([PassageState.Billable, PassageState.Duplicate], result.Passages.Select(passage => passage.State));
        Assert.Equal(result.Passages[0].Id, result.Passages[1].DuplicateOf);
        Assert.Equal([SuppressReason.Duplicate, SuppressReason.Duplicate], result.Suppressed.Select(read => read.Reason));
        Assert.All(result.Suppressed, read => Assert.Equal((result.Passages[0].Id, read.Kind), (read.WinnerPassage, result.Passages[0].Members.Single(member => member.Event == read.Winner).Kind)));
        Assert.Equal([TollEventKind.Avc], result.Passages[1].Members.Select(member => member.Kind));
    }

    [Theory]
    [InlineData(60_000_000, true)]
    [InlineData(60_000_001, false)]
    public void The_same_tag_within_the_minute_is_a_duplicate(long later, bool isDuplicate)
    {
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Avc("L2", 1_000);
        _road.Change(e => e with { Time = e.Time + later, Received = e.Time + later });
        _road.Tag("L2", 61_000, 1, "77");
        var result = _road.Correlate();
        Assert.Equal(isDuplicate ? PassageState.Duplicate : PassageState.Billable, result.Passages[1].State);
        Assert.Equal(isDuplicate ? 1 : 0, result.Suppressed.Count);
    }

    [Fact]
    public void A_vehicle_that_stands_for_minutes_is_charged_once_and_every_pointer_leads_to_it()
    {
        for (var i = 0; i < 8; i++)
        {
            _road.Avc("L1", i * 50_000);
            _road.Tag("L1", i * 50_000, 1, "77");
        }
        var passages = _road.Correlate().Passages;
        Assert.Equal(PassageState.Billable, passages[0].State);
        Assert.All(passages.Skip(1), passage => Assert.Equal(PassageState.Duplicate, passage.State));
        Assert.Equal([0, 0, 0, 1, 2, 3, 4], passages.Skip(1).Select(passage => passages.ToList().FindIndex(other => other.Id == passage.DuplicateOf)));
    }

    [Fact]
    public void The_passage_with_the_tag_is_charged_also_where_the_camera_was_first()
    {
        _road.Account(1, "77", Car);
        _road.Avc("L1", 1_000);
        var plate = _road.Anpr("L1", 1_000, Car);
        _road.Avc("L1", 20_000);
        var tag = _road.Tag("L1", 20_000, 1, "77");
        var result = _road.Correlate();
        Assert.Equal([PassageState.Duplicate, PassageState.Billable], result.Passages.Select(passage => passage.State));
        Assert.Equal((Ref(plate), Ref(tag)), (result.Suppressed.Single().Event, result.Suppressed.Single().Winner));
    }

    [Fact]
    public void A_second_tag_makes_no_second_charge_when_it_is_read_alone_shortly_after()
    {
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "11");
        _road.Tag("L1", 1_000, 1, "22");
        _road.Avc("L1", 11_000);
        _road.Tag("L1", 11_000, 1, "22");
        var result = _road.Correlate();
        Assert.Equal([PassageState.Billable, PassageState.Duplicate], result.Passages.Select(passage => passage.State));
    }

    [Theory]
    [InlineData(Car, true, 3, "33")] // the account's plate is the one seen
    [InlineData("12ب24567", true, 3, "33")] // or what a camera makes of it
    [InlineData(Other, true, 2, "22")] // else the domestic issuer's
    [InlineData(Other, false, 1, "11")] // else the lowest
    public void Of_two_tags_one_counts(string seen, bool isDomestic, ulong issuer, string tag)
    {
        _road.Account(3, "33", Car).Register(Other);
        if (isDomestic) _road.Domestic.Add(2);
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, seen);
        var reads = new[] { _road.Tag("L1", 1_100, 3, "33"), _road.Tag("L1", 900, 2, "22"), _road.Tag("L1", 1_000, 1, "11") };
        var result = _road.Correlate();
        Assert.Equal(new TagId(issuer, tag), result.Passages.Single().Tag);
        Assert.Equal(2, result.Suppressed.Count);
        Assert.All(result.Suppressed, read => Assert.Equal((SuppressReason.DuplicateTag, Ref(reads[3 - (int)issuer]), result.Passages[0].Id), (read.Reason, read.Winner, read.WinnerPassage)));
    }

    [Fact]
    public void One_tag_on_two_plates_goes_to_a_human_at_the_second()
    {
        _road.Register(Car, Other);
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Anpr("L1", 1_000, Car);
        _road.Avc("L1", 31_000);
        _road.Tag("L1", 31_000, 1, "77");
        _road.Anpr("L1", 31_000, Other);
        var result = _road.Correlate();
        Assert.Equal([(PassageState.Billable, ReviewReasons.None), (PassageState.Review, ReviewReasons.TagOnOtherVehicle)], result.Passages.Select(passage => (passage.State, passage.Review)));
        Assert.Equal(["TAG_ON_OTHER_VEHICLE"], Codes(result));
    }

    [Theory]
    [InlineData("1", "1", true, ClassRule.Agreed, "1")]
    [InlineData("1", null, false, ClassRule.DeclaredOnly, "1")]
    [InlineData(null, "2", false, ClassRule.MeasuredOnly, "2")]
    [InlineData("1", "2", true, ClassRule.MeasuredOverDeclared, "2")]
    [InlineData("1", "2", false, ClassRule.Review, null)]
    [InlineData(null, null, true, ClassRule.Unknown, null)]
    public void The_declared_class_is_charged_where_the_measured_agrees_or_the_measured_on_evidence_of_grade_A(string? declared, string? measured, bool isGradeA, ClassRule rule, string? charged)
    {
        _road.Account(1, "77", Car);
        _road.Avc("L1", 1_000, measured);
        _road.Tag("L1", 1_000, 1, "77", declared);
        if (isGradeA) _road.Anpr("L1", 1_000, Car);
        var result = _road.Correlate();
        var passage = result.Passages.Single();
        Assert.Equal((rule, charged), (passage.ClassRule, passage.ClassCharged));
        Assert.Equal(charged is null ? (PassageState.Review, ReviewReasons.Class) : (PassageState.Billable, ReviewReasons.None), (passage.State, passage.Review));
        Assert.Equal(rule is ClassRule.MeasuredOverDeclared or ClassRule.Review ? ["CLASS_MISMATCH"] : [], Codes(result));
    }

    [Fact]
    public void By_the_gateways_clock_where_the_device_is_a_little_off_on_evidence_of_grade_C()
    {
        _road.Avc("L1", 1_000);
        var avc = _road.Change(e => e with { Received = e.Time + 2_000_001 });
        _road.Tag("L1", 3_000, 1, "77");
        var result = _road.Correlate();
        Assert.Equal((avc.Received, ClockVerdict.Gateway, EvidenceGrade.C), (result.Passages.Single().Time, result.Passages.Single().Clock, result.Passages.Single().Grade));
        Assert.Equal(["CLOCK_DRIFT"], Codes(result));
    }

    [Fact]
    public void A_vehicle_of_unknown_time_is_reviewed_alone_and_a_read_of_unknown_time_held()
    {
        _road.Avc("L1", 1_000);
        _road.Change(e => e with { Received = e.Time + 120_000_001 });
        _road.Tag("L1", 121_000, 1, "77");
        _road.Tag("L2", 1_000, 1, "88");
        _road.Change(e => e with { Quality = ReadingQuality.TimeReplaced });
        var result = _road.Correlate();
        var passage = result.Passages.Single();
        Assert.Equal((PassageState.Review, ReviewReasons.TimeSuspect, ClockVerdict.Suspect, EvidenceGrade.D), (passage.State, passage.Review, passage.Clock, passage.Grade));
        Assert.Single(passage.Members);
        Assert.Equal(HoldReason.TimeSuspect, result.Held.Single().Reason);
        Assert.Equal(["ORPHAN_TAG", "TIME_SUSPECT", "TIME_SUSPECT"], Codes(result).Order());
    }

    [Fact]
    public void What_waited_for_its_line_together_has_its_devices_time()
    {
        var back = Road.Start + 7_200_000_000;
        for (var i = 0; i < 3; i++)
        {
            _road.Avc("L1", 10_000 + i * 5_000);
            _road.Change(e => e with { Received = back + i * 5_000 });
            _road.Tag("L1", 10_000 + i * 5_000, 1, $"{i}");
        }
        // Alone, and so as doubtful as ever.
        _road.Avc("L2", 10_000);
        _road.Change(e => e with { Received = back });
        var result = _road.Correlate();
        Assert.Equal(["0", "1", "2"], result.Passages.Select(passage => passage.Tag?.Tag));
        Assert.All(result.Passages, passage => Assert.Equal(ClockVerdict.Device, passage.Clock));
        Assert.Empty(result.Findings);
        Assert.Equal(PassageState.Review, _road.Correlate(_road.Events, new TimeWindow(back - 1_000_000, back + 1_000_000)).Passages.Single().State);
    }

    [Theory]
    [InlineData(20_000, 0)] // the clock stepped back, and again
    [InlineData(20_000, 300)]
    public void A_locked_clock_that_is_wrong_is_no_line_that_was_late(long behind, long jitter)
    {
        for (var i = 0; i < 4; i++)
        {
            _road.Avc("L1", 10_000 + i * 5_000);
            _road.Change(e => e with { Time = e.Time - (i is 1 or 2 ? behind * 1_000 : 0), Received = e.Time + i % 2 * jitter * 1_000 });
        }
        Assert.Equal([ClockVerdict.Device, ClockVerdict.Gateway, ClockVerdict.Gateway, ClockVerdict.Device], _road.Correlate().Passages.Select(passage => passage.Clock));
    }

    [Theory]
    [InlineData(TollClock.Holdover)]
    [InlineData(TollClock.Free)]
    public void A_clock_without_reference_is_not_believed_for_its_line(TollClock clock)
    {
        var back = Road.Start + 90_000_000;
        for (var i = 0; i < 3; i++)
        {
            _road.Avc("L1", 10_000 + i * 5_000);
            _road.Change(e => e with { Received = back + i * 5_000, Clock = clock });
        }
        Assert.All(_road.Correlate().Passages, passage => Assert.Equal(ClockVerdict.Gateway, passage.Clock));
    }

    [Fact]
    public void Times_and_counts_at_the_limits_of_their_types_do_no_harm()
    {
        _road.Avc("L1", 1_000);
        for (var i = 0; i < 2_200; i++) _road.Tag("L1", 1_000, 1, "77", reads: 1_000_000);
        _road.Avc("L2", 1_200);
        _road.Tag("L2", 1_200, 1, "77");
        foreach (var (time, received) in new[] { (long.MinValue, Road.Start), (long.MinValue, long.MaxValue), (long.MaxValue, Road.Start), (Road.Start, long.MaxValue), (Road.Start, long.MinValue) })
        {
            _road.Tag("L3", 0, 1, "88");
            _road.Change(e => e with { Time = time, Received = received });
        }
        Assert.Equal(new TagId(1, "77"), _road.Correlate().Passages[0].Tag);
    }

    [Fact]
    public void The_second_tag_of_a_vehicle_that_only_the_wrong_antenna_read_counts_if_the_account_has_the_plate()
    {
        _road.Account(1, "77", Car).Register(Other);
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, Car);
        _road.Tag("L1", 1_000, 1, "11");
        _road.Avc("L2", 1_900);
        _road.Anpr("L2", 1_900, Other);
        _road.Tag("L2", 1_800, 1, "77");
        var result = _road.Correlate();
        Assert.Equal([new TagId(1, "77"), null], result.Passages.Select(passage => passage.Tag));
        Assert.Equal(SuppressReason.DuplicateTag, result.Suppressed.Single().Reason);
    }

    [Fact]
    public void A_key_with_two_contents_blocks_both_wherever_they_lie()
    {
        var avc = _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        var other = avc with { Time = avc.Time + 86_400_000_000, Received = avc.Time + 86_400_000_000, Json = "{\"other\":1}"u8.ToArray() };
        _road.Events.Add(other);
        var result = _road.Correlate();
        Assert.Empty(result.Passages);
        Assert.Equal((Ref(avc), HoldReason.KeyConflict), (result.Held.Single().Event, result.Held.Single().Reason));
        Assert.Equal(["KEY_CONFLICT", "ORPHAN_TAG"], Codes(result).Order());
        var tomorrow = _road.Correlate(_road.Events, new TimeWindow(other.Time, other.Time + 1));
        Assert.Equal((Ref(other), HoldReason.KeyConflict), (tomorrow.Held.Single().Event, tomorrow.Held.Single().Reason));
    }

    [Fact]
    public void Counters_and_events_of_unknown_lanes_take_no_part()
    {
        _road.Counter("L1", 1_000);
        _road.Avc("L9", 1_000);
        var result = _road.Correlate();
        Assert.Empty(result.Passages);
        Assert.Equal([HoldReason.NoVehicle, HoldReason.UnknownLane], result.Held.Select(e => e.Reason).Order());
        Assert.Equal(["UNKNOWN_LANE"], Codes(result));
    }

    [Fact]
    public void A_device_that_is_none_of_its_lane_takes_no_part_where_the_lanes_devices_are_known()
    {
        var known = new TollPointLayout("THN-1", [new("L1", "north", new HashSet<string> { "avc-L1", "tag-L1" }), new("L2", "north")]);
        _road.Avc("L1", 1_000);
        var stray = _road.Tag("L1", 1_000, 1, "77") with { Device = "tag-L7" };
        _road.Events[^1] = stray;
        _road.Avc("L2", 5_000);
        var result = Correlator.Correlate(known, Road.Cell, _road.Events, _road.Knowledge, _road.Options);
        Assert.Equal(["L1", "L2"], result.Passages.Select(passage => passage.Lane));
        Assert.All(result.Passages, passage => Assert.Null(passage.Tag));
        Assert.Equal((Ref(stray), HoldReason.UnknownDevice), (result.Held.Single().Event, result.Held.Single().Reason));
        Assert.Contains("UNKNOWN_DEVICE", Codes(result));
        Assert.True(result.Tally.Balances);
    }

    [Fact]
    public void A_vehicle_that_nothing_else_saw_is_leakage()
    {
        _road.Avc("L1", 1_000);
        var result = _road.Correlate();
        Assert.Equal((PassageState.Unreadable, EvidenceGrade.D), (result.Passages.Single().State, result.Passages.Single().Grade));
        Assert.Equal(["AVC_ONLY"], Codes(result));
    }

    [Theory]
    [InlineData("none", 0.97, PlateState.Review, EvidenceGrade.D, PassageState.Review)]
    [InlineData(Car, 0.97, PlateState.Confirmed, EvidenceGrade.B, PassageState.Billable)]
    [InlineData(Car, 0.89, PlateState.Review, EvidenceGrade.D, PassageState.Review)]
    [InlineData("12ب24567", 0.97, PlateState.Review, EvidenceGrade.D, PassageState.Review)] // a fuzzy hit alone charges nobody
    public void A_plate_alone_is_accepted_where_it_is_registered_and_read_surely(string registered, double confidence, PlateState state, EvidenceGrade grade, PassageState passageState)
    {
        if (registered != "none") _road.Register(registered);
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, Car, confidence);
        var result = _road.Correlate();
        var passage = result.Passages.Single();
        Assert.Equal((state, grade, passageState, "IR:" + Car), (passage.PlateState, passage.Grade, passage.State, passage.Plate?.Key));
        Assert.Equal(state == PlateState.Review ? ["PLATE_UNMATCHED"] : [], Codes(result));
    }

    [Fact]
    public void Front_and_rear_that_agree_need_no_register_and_one_camera_twice_is_one_witness()
    {
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, "34ABC12", 0.6);
        _road.Anpr("L1", 1_500, "34ABC12", 0.6);
        Assert.Equal(PlateState.Review, _road.Correlate().Passages.Single().PlateState);
        _road.Anpr("L1", 1_700, "34ABC12", 0.6, "rear");
        var passage = _road.Correlate().Passages.Single();
        Assert.Equal((PlateState.Confirmed, EvidenceGrade.A, "TR:34ABC12"), (passage.PlateState, passage.Grade, passage.Vehicle));
    }

    [Fact]
    public void Front_and_rear_that_agree_on_a_plate_nobody_knows_next_to_one_that_is_known_go_to_a_human()
    {
        _road.Register("12ب24567");
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, Car);
        _road.Anpr("L1", 1_000, Car, side: "rear");
        var passage = _road.Correlate().Passages.Single();
        Assert.Equal((PlateState.Review, PassageState.Review), (passage.PlateState, passage.State));
    }

    [Fact]
    public void Front_and_rear_that_differ_go_to_a_human()
    {
        _road.Register(Car, Other);
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, Car, 0.99);
        _road.Anpr("L1", 1_500, Other, 0.95, "rear");
        Assert.Equal((PassageState.Review, PlateState.Review), (_road.Correlate().Passages.Single().State, _road.Correlate().Passages.Single().PlateState));
    }

    [Fact]
    public void A_digit_that_cameras_confuse_is_corrected_by_the_tag_on_evidence_of_grade_B()
    {
        _road.Account(1, "77", Car);
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Anpr("L1", 1_000, "12ب24567");
        var passage = _road.Correlate().Passages.Single();
        Assert.Equal(("IR:" + Car, PlateState.Confirmed, EvidenceGrade.B, PassageState.Billable), (passage.Plate?.Key, passage.PlateState, passage.Grade, passage.State));
    }

    [Fact]
    public void A_letter_is_never_corrected_and_another_kind_of_vehicle_goes_to_a_human()
    {
        _road.Account(1, "77", Car);
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Anpr("L1", 1_000, "12پ34567");
        var result = _road.Correlate();
        var passage = result.Passages.Single();
        Assert.Equal(("IR:12پ34567", PlateState.Review, PassageState.Review, ReviewReasons.TagPlateMismatch), (passage.Plate?.Key, passage.PlateState, passage.State, passage.Review));
        Assert.Equal(["PLATE_UNMATCHED", "TAG_PLATE_MISMATCH"], Codes(result).Order());
    }

    [Theory]
    [InlineData(true, PassageState.Review, ReviewReasons.TagPlateMismatch)]
    [InlineData(false, PassageState.Billable, ReviewReasons.None)] // a plate that may be misread does not stand against a tag
    public void A_tag_on_a_vehicle_of_another_sure_plate_goes_to_a_human(bool isSure, PassageState state, ReviewReasons reasons)
    {
        _road.Account(1, "77", Car);
        if (isSure) _road.Register(Other);
        _road.Avc("L1", 1_000);
        _road.Tag("L1", 1_000, 1, "77");
        _road.Anpr("L1", 1_000, Other);
        var passage = _road.Correlate().Passages.Single();
        Assert.Equal((state, reasons, EvidenceGrade.C), (passage.State, passage.Review, passage.Grade));
    }

    [Fact]
    public void What_no_camera_can_read_is_unreadable_without_a_tag_and_billable_with_one()
    {
        _road.Avc("L1", 1_000);
        _road.Anpr("L1", 1_000, "??");
        _road.Avc("L1", 100_000);
        _road.Anpr("L1", 100_000, "??");
        _road.Tag("L1", 100_000, 1, "77");
        var result = _road.Correlate();
        Assert.Equal([PassageState.Unreadable, PassageState.Billable], result.Passages.Select(passage => passage.State));
        Assert.Equal(["UNREADABLE"], Codes(result));
    }

    [Fact]
    public void A_tag_without_its_issuer_identifies_nobody_and_is_reported()
    {
        _road.Avc("L1", 1_000);
        _road.Add("tag-L1", "L1", 1_000, TollEventKind.Tag, "\"tag\":\"77\",\"issuer\":-1");
        var result = _road.Correlate();
        Assert.Equal(2, result.Passages.Single().Members.Count);
        Assert.Equal(["AVC_ONLY", "MALFORMED_MEMBER"], Codes(result).Order());
    }

    private static TollEventRef Ref(TollEvent e) => TollEventRef.Of(e);

    private static IEnumerable<string> Codes(CorrelationResult result) => result.Findings.Select(finding => finding.Code);
}
