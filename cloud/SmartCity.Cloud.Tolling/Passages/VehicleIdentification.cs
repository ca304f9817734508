using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Fourth step: the tag that counts, the plate and what it is worth, the class to charge, and how good the evidence is.</summary>
internal static class VehicleIdentification
{
    public static void Identify(Vehicle vehicle, CorrelationKnowledge knowledge, CorrelationOptions options)
    {
        if (vehicle.Anchor.Clock == ClockVerdict.Suspect)
        {
            vehicle.Review = ReviewReasons.TimeSuspect;
            return;
        }
        ChooseTag(vehicle, knowledge);
        var match = ChoosePlate(vehicle, knowledge, options, out var witnesses);
        vehicle.Grade = Grade(vehicle, match, witnesses);
        ChooseClass(vehicle);

        if (vehicle.Tag is null && vehicle.PlateState == PlateState.Review) vehicle.Review |= ReviewReasons.Plate;
        if (IsMismatch(vehicle)) vehicle.Review |= ReviewReasons.TagPlateMismatch;
        if (vehicle.ClassCharged is null && (vehicle.Tag is not null || vehicle.PlateState is PlateState.Confirmed or PlateState.Review)) vehicle.Review |= ReviewReasons.Class;
    }

    /// <summary>Of two tags that whose account has the plate seen, else the domestic issuer's, else the lowest; the others lose.</summary>
    private static void ChooseTag(Vehicle vehicle, CorrelationKnowledge knowledge)
    {
        var reads = vehicle.Standing(TollEventKind.Tag).Where(read => read.Tag is not null).ToList();
        if (reads.Count == 0) return;
        var plates = vehicle.Standing(TollEventKind.Anpr).Select(read => read.Plate).OfType<Plate>().ToList();
        vehicle.Tags.AddRange(reads.Select(read => read.Tag!.Value).Distinct().Order());
        var tag = vehicle.Tags.Count == 1 ? vehicle.Tags[0] : vehicle.Tags.OrderBy(Fit).ThenBy(tag => !knowledge.DomesticIssuers.Contains(tag.Issuer)).ThenBy(tag => tag).First();
        vehicle.Tag = tag;
        vehicle.TagPlate = knowledge.PlateOfTag(tag);
        var winner = reads.Find(read => read.Tag == tag)!;
        vehicle.ClassDeclared = reads.Find(read => read.Tag == tag && read.Class is not null)?.Class;
        foreach (var read in reads)
            if (read.Tag != tag) read.Suppress(SuppressReason.DuplicateTag, winner, vehicle);

        int Fit(TagId tag) =>
            knowledge.PlateOfTag(tag) is not { } account ? 2
            : plates.Exists(plate => plate.Key == account.Key) ? 0
            : plates.Exists(plate => PlateMatcher.DifferByDigit(plate, account)) ? 1
            : 2;
    }

    /// <summary>The plate that most cameras say, judged against register and tag.</summary>
    private static PlateMatch? ChoosePlate(Vehicle vehicle, CorrelationKnowledge knowledge, CorrelationOptions options, out int witnesses)
    {
        witnesses = 0;
        var seen = vehicle.Standing(TollEventKind.Anpr).ToList();
        var groups = seen.Where(read => read.Plate is not null).GroupBy(read => read.Plate!.Key, StringComparer.Ordinal)
            .Select(group => (
                Plate: group.First().Plate!, Weakest: group.Max(read => read.Confidence), IsAccount: vehicle.TagPlate?.Key == group.Key, IsOwnLane: group.Any(read => !read.IsCrossLane),
                // One camera that reads twice is one witness.
                Cameras: group.Select(read => read.Ref.Device).Distinct(StringComparer.Ordinal).Count()))
            .OrderByDescending(group => group.Cameras + (group.IsAccount ? 1 : 0)).ThenByDescending(group => group.IsAccount)
            .ThenByDescending(group => group.IsOwnLane).ThenByDescending(group => group.Weakest).ThenBy(group => group.Plate.Key, StringComparer.Ordinal)
            .ToList();
        if (groups.Count == 0)
        {
            vehicle.PlateState = seen.Count == 0 ? PlateState.None : PlateState.Unreadable;
            return null;
        }
        var best = groups[0];
        witnesses = best.Cameras + (best.IsAccount ? 1 : 0);
        var match = PlateMatcher.Match(best.Plate, best.Weakest, witnesses, knowledge.IsRegistered, plate => plate.Key == vehicle.TagPlate?.Key, options.PlateConfidenceMin);
        // Cameras that say different plates cancel each other, unless one may have erred about a plate that does not exist.
        var most = witnesses;
        var isContradicted = groups.Skip(1).Any(other =>
            most < 2 ? !PlateMatcher.MayBeSame(best.Plate, other.Plate) || knowledge.IsRegistered(other.Plate.Key) : other.Cameras >= 2);
        if (isContradicted && match.Outcome != PlateOutcome.Review) match = match with { Outcome = PlateOutcome.Review, Plate = best.Plate };
        vehicle.Plate = match.Plate;
        vehicle.PlateState = match.Outcome == PlateOutcome.Review ? PlateState.Review : PlateState.Confirmed;
        return match;
    }

    private static EvidenceGrade Grade(Vehicle vehicle, PlateMatch? match, int witnesses)
    {
        var hasTag = vehicle.Tag is not null;
        var hasPlate = vehicle.PlateState == PlateState.Confirmed;
        if (!hasTag && !hasPlate) return EvidenceGrade.D;
        var isFromOwnLane = vehicle.Reads.Exists(read => read.Suppressed is null && read.Identity is not null && !read.IsCrossLane && (read.Tag is not null || hasPlate));
        if (!isFromOwnLane || vehicle.Anchor.Clock == ClockVerdict.Gateway || IsAgainstOther(vehicle)) return EvidenceGrade.C;
        return match?.Outcome == PlateOutcome.Exact && witnesses >= 2 ? EvidenceGrade.A : EvidenceGrade.B;
    }

    /// <summary>Whether the cameras saw another plate than that of the tag's account, sure or not.</summary>
    private static bool IsAgainstOther(Vehicle vehicle) => vehicle.Plate is { } plate && vehicle.TagPlate is { } account && plate.Key != account.Key;

    /// <summary>A plate that is not sure does not stand against a tag, except where it is of another kind of vehicle: an exemption may hang on that.</summary>
    private static bool IsMismatch(Vehicle vehicle) => IsAgainstOther(vehicle) && (vehicle.PlateState == PlateState.Confirmed || vehicle.Plate!.Category != vehicle.TagPlate!.Category);

    private static void ChooseClass(Vehicle vehicle)
    {
        (vehicle.ClassRule, vehicle.ClassCharged) = (vehicle.ClassDeclared, vehicle.Anchor.Class) switch
        {
            (null, null) => (ClassRule.Unknown, null),
            (null, { } measured) => (ClassRule.MeasuredOnly, measured),
            ({ } declared, null) => (ClassRule.DeclaredOnly, declared),
            ({ } declared, { } measured) when declared == measured => (ClassRule.Agreed, declared),
            (_, { } measured) when vehicle.Grade == EvidenceGrade.A => (ClassRule.MeasuredOverDeclared, measured),
            _ => (ClassRule.Review, null),
        };
    }
}
