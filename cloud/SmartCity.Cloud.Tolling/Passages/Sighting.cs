using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>An event during correlation: what of it matters, and what becomes of it. Smaller than the event, so that its JSON need not be kept.</summary>
internal sealed class Sighting(TollEvent e, TollEventRef name)
{
    /// <summary>Order by time, then by key: the one order in which anything is decided.</summary>
    public static readonly Comparison<Sighting> ByTime = (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : a.Ref.CompareTo(b.Ref);

    public TollEventRef Ref { get; } = name;
    public TollEventKind Kind { get; } = e.Kind;
    public string LaneId { get; } = e.Lane;
    /// <summary>The device's own time.</summary>
    public long Stamped { get; } = e.Time;
    public long Received { get; } = e.Received;
    /// <summary>The time by which it is sorted.</summary>
    public long Time { get; set; }
    public ClockVerdict Clock { get; set; }
    public bool MayHaveWaited { get; init; }
    /// <summary>Where its lane lies in the toll point's; −1 where it has no such lane.</summary>
    public int Lane { get; init; }
    /// <summary>Whether its device is none of its lane's.</summary>
    public bool IsStranger { get; init; }
    /// <summary>Names of members that are not what the contract says, or null.</summary>
    public string? Malformed { get; set; }

    /// <summary>Measured class of a classifier, declared class of a tag.</summary>
    public string? Class { get; set; }
    public int? Axles { get; set; }
    public TagId? Tag { get; private set; }
    public int Reads { get; set; }
    public double RssiDbm { get; set; } = double.NegativeInfinity;
    public Plate? Plate { get; private set; }
    public double Confidence { get; set; }

    /// <summary>The vehicle that it is attached to, or would have been.</summary>
    public Vehicle? Vehicle { get; set; }
    public bool IsCrossLane { get; set; }
    public HoldReason? Held { get; set; }
    public SuppressReason? Suppressed { get; set; }
    /// <summary>The event that won; with it <see cref="WinnerVehicle"/>.</summary>
    public Sighting? Winner { get; set; }
    public Vehicle? WinnerVehicle { get; set; }

    /// <summary>The tag or the plate's key, or null.</summary>
    public string? Identity { get; private set; }

    public bool IsRead => Kind is TollEventKind.Tag or TollEventKind.Anpr or TollEventKind.Loop;

    public void Show(TagId tag) => (Tag, Identity) = (tag, tag.ToString());

    public void Show(Plate plate) => (Plate, Identity) = (plate, plate.Key);

    public void Suppress(SuppressReason reason, Sighting winner, Vehicle winnerVehicle) => (Suppressed, Winner, WinnerVehicle) = (reason, winner, winnerVehicle);
}
