using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Last step: what lies in the window, in fixed order, with what has to be explained.</summary>
internal static class ResultWriter
{
    public static CorrelationResult Write(TollPointLayout point, TimeWindow window, SightingIntake intake, List<Vehicle> vehicles, CorrelationOptions options)
    {
        var passages = new List<Passage>();
        var suppressed = new List<SuppressedRead>();
        var orphans = new List<OrphanRead>();
        var held = new List<HeldEvent>();
        var findings = new List<Finding>();
        var attached = 0;

        foreach (var vehicle in vehicles)
        {
            if (!window.Contains(vehicle.Time)) continue;
            attached++;
            var passage = PassageOf(vehicle, point);
            passages.Add(passage);
            Explain(vehicle, Add);
            Doubts(vehicle.Anchor, Add);

            void Add(FindingKind kind, string detail) => findings.Add(new Finding(kind, point.Id, vehicle.Time, vehicle.Anchor.Ref, vehicle.Id, detail));
        }
        foreach (var read in intake.Reads)
        {
            if (!window.Contains(read.Time)) continue;
            if (read.Suppressed is { } reason)
                suppressed.Add(new SuppressedRead(read.Ref, read.Kind, read.LaneId, read.Time, reason, read.Winner!.Ref, read.WinnerVehicle!.Id, read.Vehicle!.Id));
            else if (read.Vehicle is not null) attached++;
            else
            {
                orphans.Add(new OrphanRead(read.Ref, read.Kind, read.LaneId, read.Time, read.Identity));
                Add(read.Kind switch { TollEventKind.Tag => FindingKind.OrphanTag, TollEventKind.Anpr => FindingKind.OrphanPlate, _ => FindingKind.OrphanLoop }, read.LaneId);
            }
            Doubts(read, Add);

            void Add(FindingKind kind, string detail) => findings.Add(new Finding(kind, point.Id, read.Time, read.Ref, read.Vehicle?.Id, detail));
        }
        foreach (var e in intake.Held)
        {
            if (!window.Contains(e.Time)) continue;
            held.Add(new HeldEvent(e.Ref, e.Kind, e.LaneId, e.Time, e.Held!.Value));
            if (e.Held == HoldReason.KeyConflict) Add(FindingKind.KeyConflict, "the key has another content too");
            if (e.Held == HoldReason.UnknownLane) Add(FindingKind.UnknownLane, e.LaneId);
            Doubts(e, Add);

            void Add(FindingKind kind, string detail) => findings.Add(new Finding(kind, point.Id, e.Time, e.Ref, null, detail));
        }
        findings.Sort((a, b) =>
        {
            var order = a.Time.CompareTo(b.Time);
            if (order == 0) order = a.Event!.Value.CompareTo(b.Event!.Value);
            return order != 0 ? order : a.Kind.CompareTo(b.Kind);
        });
        return new CorrelationResult(
            window, passages, suppressed, orphans, held, findings,
            new CorrelationTally(attached + suppressed.Count + orphans.Count + held.Count, attached, suppressed.Count, orphans.Count, held.Count));
    }

    private static void Explain(Vehicle vehicle, Action<FindingKind, string> add)
    {
        // What a duplicate lacks stands in its winner; what nobody knows the time of was not looked at.
        if (vehicle.DuplicateOf is not null || vehicle.Anchor.Clock == ClockVerdict.Suspect) return;
        if (vehicle.ClassRule is ClassRule.MeasuredOverDeclared or ClassRule.Review) add(FindingKind.ClassMismatch, $"declared {vehicle.ClassDeclared}, measured {vehicle.Anchor.Class}");
        if (vehicle.PlateState == PlateState.Review) add(FindingKind.PlateUnmatched, vehicle.Tag is null ? "without tag" : "with tag");
        if (vehicle.Tag is null && vehicle.PlateState == PlateState.Unreadable) add(FindingKind.Unreadable, "without tag");
        if (vehicle.Tag is null && vehicle.PlateState == PlateState.None) add(FindingKind.AvcOnly, vehicle.Anchor.LaneId);
        if (vehicle.Review.HasFlag(ReviewReasons.TagPlateMismatch)) add(FindingKind.TagPlateMismatch, $"tag {vehicle.Tag}");
        if (vehicle.Review.HasFlag(ReviewReasons.TagOnOtherVehicle)) add(FindingKind.TagOnOtherVehicle, $"tag {vehicle.Tag}");
    }

    private static void Doubts(Sighting e, Action<FindingKind, string> add)
    {
        if (e.Clock == ClockVerdict.Gateway) add(FindingKind.ClockDrift, "the gateway's time stands in");
        if (e.Clock == ClockVerdict.Suspect) add(FindingKind.TimeSuspect, "no time is to be believed");
        if (e.Malformed is { } members) add(FindingKind.MalformedMember, members);
    }

    private static Passage PassageOf(Vehicle vehicle, TollPointLayout point) => new()
    {
        Id = vehicle.Id,
        TollPoint = point.Id,
        Lane = vehicle.Anchor.LaneId,
        Direction = point.Lanes[vehicle.Anchor.Lane].Direction,
        Time = vehicle.Time,
        Clock = vehicle.Anchor.Clock,
        Anchor = vehicle.Anchor.Ref,
        Members = new PassageMembers([Member(vehicle.Anchor), .. vehicle.Reads.Where(read => read.Suppressed is null).OrderBy(read => read.Kind).ThenBy(read => read.Time).ThenBy(read => read.Ref).Select(Member)]),
        Tag = vehicle.Tag,
        TagPlate = vehicle.TagPlate,
        Plate = vehicle.Plate,
        PlateState = vehicle.PlateState,
        ClassDeclared = vehicle.ClassDeclared,
        ClassMeasured = vehicle.Anchor.Class,
        ClassCharged = vehicle.ClassCharged,
        ClassRule = vehicle.ClassRule,
        Axles = vehicle.Anchor.Axles,
        Grade = vehicle.Grade,
        State = vehicle.State,
        Review = vehicle.Review,
        DuplicateOf = vehicle.DuplicateOf?.Id,
    };

    private static PassageMember Member(Sighting e) => new(e.Ref, e.Kind, e.LaneId, e.IsCrossLane);
}
