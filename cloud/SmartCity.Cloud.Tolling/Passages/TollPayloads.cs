namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>What a classifier said; a member that is missing or malformed is null.</summary>
public sealed record AvcPayload
{
    /// <summary>Axles.</summary>
    public int? Axles { get; init; }
    /// <summary>Length, cm.</summary>
    public double? LengthCm { get; init; }
    /// <summary>Height, cm.</summary>
    public double? HeightCm { get; init; }
    /// <summary>Whether an axle has twin tyres.</summary>
    public bool? DualTyre { get; init; }
    /// <summary>Speed, km/h; negative against the lane.</summary>
    public double? SpeedKmh { get; init; }
    /// <summary>Measured class: a name, or a number as written.</summary>
    public string? Class { get; init; }
    /// <summary>The hardware's own running count of vehicles.</summary>
    public ulong? Count { get; init; }
}

/// <summary>What an antenna said; a member that is missing or malformed is null.</summary>
public sealed record TagPayload
{
    /// <summary>Number of the issuer.</summary>
    public ulong? Issuer { get; init; }
    /// <summary>The tag.</summary>
    public string? Tag { get; init; }
    /// <summary>Signal strength, dBm.</summary>
    public double? RssiDbm { get; init; }
    /// <summary>How often it was read.</summary>
    public int? Reads { get; init; }
    /// <summary>The tag's state, as sent.</summary>
    public string? Status { get; init; }
    /// <summary>Declared class: a name, or a number as written.</summary>
    public string? Class { get; init; }

    /// <summary>The tag, if the event names it whole.</summary>
    public TagId? Id => Issuer is { } issuer && Tag is { } tag ? new TagId(issuer, tag) : null;
}

/// <summary>What a camera said; a member that is missing or malformed is null.</summary>
public sealed record AnprPayload
{
    /// <summary><c>front</c> or <c>rear</c>.</summary>
    public string? Side { get; init; }
    /// <summary>Readings of the plate, best first; malformed ones left out.</summary>
    public IReadOnlyList<AnprCandidate> Candidates { get; init; } = [];
    /// <summary>Digest of the picture, <c>sha256:…</c>.</summary>
    public string? Image { get; init; }
}

/// <summary>One reading of a plate.</summary>
/// <param name="Text">The text.</param>
/// <param name="Country">ISO 3166, if the camera says it.</param>
/// <param name="Confidence">0–1; null where not said.</param>
public sealed record AnprCandidate(string Text, string? Country, double? Confidence);

/// <summary>What a loop said.</summary>
/// <param name="OccupiedMs">How long it was occupied, ms.</param>
public sealed record LoopPayload(double? OccupiedMs);

/// <summary>The hardware's own counters.</summary>
/// <param name="Counts">Count by name; malformed ones left out.</param>
public sealed record CounterPayload(IReadOnlyDictionary<string, ulong> Counts);
