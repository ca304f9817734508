using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Last step: what lies in each window, in fixed order, with what has to be explained.</summary>
internal static class ResultWriter
{
    /// <summary>Writes windows that follow each other without a gap, each by itself.</summary>
    public static IReadOnlyList<CorrelationResult> Write(TollPointLayout point, IReadOnlyList<TimeWindow> windows, SightingIntake intake, List<Vehicle> vehicles)
    {
        var parts = windows.Select(window => new Part(window, point)).ToArray();
        foreach (var vehicle in vehicles) PartOf(vehicle.Time)?.Add(vehicle);
        foreach (var read in intake.Reads) PartOf(read.Time)?.AddRead(read);
        foreach (var e in intake.Held) PartOf(e.Time)?.AddHeld(e);
        return Array.ConvertAll(parts, part => part.Result());

        Part? PartOf(long time)
        {
            if (time < windows[0].From || time >= windows[^1].To) return null;
            var (low, high) = (0, parts.Length - 1);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (time >= windows[middle].To) low = middle + 1;
                else high = middle;
            }
            return parts[low];
        }
    }

    /// <summary>What one window comes to.</summary>
    private sealed class Part(TimeWindow window, TollPointLayout point)
    {
        private readonly List<Passage> _passages = [];
        private readonly List<SuppressedRead> _suppressed = [];
        private readonly List<OrphanRead> _orphans = [];
        private readonly List<HeldEvent> _held = [];
        private readonly List<Finding> _findings = [];
        private int _attached;

        public void Add(Vehicle vehicle)
        {
            _attached++;
            _passages.Add(PassageOf(vehicle, point));
            Explain(vehicle, Find);
            Doubts(vehicle.Anchor, Find);

            void Find(FindingKind kind, string detail) => _findings.Add(new Finding(kind, point.Id, vehicle.Time, vehicle.Anchor.Ref, vehicle.Id, detail));
        }

        public void AddRead(Sighting read)
        {
            if (read.Suppressed is { } reason)
                _suppressed.Add(new SuppressedRead(read.Ref, read.Kind, read.LaneId, read.Time, reason, read.Winner!.Ref, read.WinnerVehicle!.Id, read.Vehicle!.Id));
            else if (read.Vehicle is not null) _attached++;
            else
            {
                _orphans.Add(new OrphanRead(read.Ref, read.Kind, read.LaneId, read.Time, read.Identity));
                Find(read.Kind switch { TollEventKind.Tag => FindingKind.OrphanTag, TollEventKind.Anpr => FindingKind.OrphanPlate, _ => FindingKind.OrphanLoop }, read.LaneId);
            }
            Doubts(read, Find);

            void Find(FindingKind kind, string detail) => _findings.Add(new Finding(kind, point.Id, read.Time, read.Ref, read.Vehicle?.Id, detail));
        }

        public void AddHeld(Sighting e)
        {
            _held.Add(new HeldEvent(e.Ref, e.Kind, e.LaneId, e.Time, e.Held!.Value));
            if (e.Held == HoldReason.KeyConflict) Find(FindingKind.KeyConflict, "the key has another content too");
            if (e.Held == HoldReason.UnknownLane) Find(FindingKind.UnknownLane, e.LaneId);
            if (e.Held == HoldReason.UnknownDevice) Find(FindingKind.UnknownDevice, $"lane {e.LaneId} has no device {e.Ref.Device}");
            Doubts(e, Find);

            void Find(FindingKind kind, string detail) => _findings.Add(new Finding(kind, point.Id, e.Time, e.Ref, null, detail));
        }

        public CorrelationResult Result()
        {
            _findings.Sort((a, b) =>
            {
                var order = a.Time.CompareTo(b.Time);
                if (order == 0) order = a.Event!.Value.CompareTo(b.Event!.Value);
                return order != 0 ? order : a.Kind.CompareTo(b.Kind);
            });
            return new CorrelationResult(
                window, _passages, _suppressed, _orphans, _held, _findings,
                new CorrelationTally(_attached + _suppressed.Count + _orphans.Count + _held.Count, _attached, _suppressed.Count, _orphans.Count, _held.Count));
        }
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
