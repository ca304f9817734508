using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>A vehicle during correlation: its classifier's event and what was attached to it.</summary>
internal sealed class Vehicle(Sighting anchor, string tollPoint)
{
    public Sighting Anchor { get; } = anchor;
    public string Id { get; } = Passage.IdOf(tollPoint, anchor.Ref);
    public long Time => Anchor.Time;
    /// <summary>Reads by time and key, also those that lost since.</summary>
    public List<Sighting> Reads { get; } = [];

    /// <summary>All its tags, also the ones that lost to the one that counts.</summary>
    public List<TagId> Tags { get; } = [];
    public TagId? Tag { get; set; }
    public Plate? TagPlate { get; set; }
    public Plate? Plate { get; set; }
    public PlateState PlateState { get; set; }
    public string? ClassDeclared { get; set; }
    public string? ClassCharged { get; set; }
    public ClassRule ClassRule { get; set; }
    public EvidenceGrade Grade { get; set; } = EvidenceGrade.D;
    public ReviewReasons Review { get; set; }
    /// <summary>The vehicle that is charged instead.</summary>
    public Vehicle? DuplicateOf { get; set; }

    /// <summary>Reads that still count.</summary>
    public IEnumerable<Sighting> Standing(TollEventKind kind) => Reads.Where(read => read.Kind == kind && read.Suppressed is null);

    /// <summary>Plates that cameras of its own lane saw.</summary>
    public IEnumerable<Plate> OwnPlates => Reads.Where(read => read.Plate is not null && !read.IsCrossLane).Select(read => read.Plate!);

    public PassageState State =>
        DuplicateOf is not null ? PassageState.Duplicate
        : Review != ReviewReasons.None ? PassageState.Review
        : Tag is null && PlateState is (PlateState.None or PlateState.Unreadable) ? PassageState.Unreadable
        : PassageState.Billable;
}
