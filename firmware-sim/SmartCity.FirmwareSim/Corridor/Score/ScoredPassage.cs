namespace SmartCity.FirmwareSim.Corridor.Score;

/// <summary>A passage of the truth as scoring needs it, and what was charged for it.</summary>
internal sealed class ScoredPassage(PassageTruth truth)
{
    /// <summary>A stray read may be taken for a vehicle's within this of it, ms: the reach of a camera, and something for rounding.</summary>
    public const long StrayWithinMs = 2_500;

    private readonly Damage[] _damages = [.. (truth.Damages ?? []).Where(damage => damage.IsDestructive && damage.Evidence != LaneEvidence.Loop)];

    public string? Id { get; } = truth.Id;
    public string? Ghost { get; } = truth.Ghost;
    public string Point { get; } = truth.Point;
    public string Lane { get; } = truth.Lane;
    public DateTimeOffset Time { get; } = truth.Time;
    public string Class { get; } = truth.Class;
    public string Plate { get; } = truth.Plate;
    public string? Account { get; } = truth.Account;
    public long Net { get; } = truth.Net;
    /// <summary>The passage by which it entered, if it leaves a closed system.</summary>
    public ScoredPassage? EnteredBy { get; set; }
    /// <summary>Whether the platform has a line of it.</summary>
    public bool IsKnown { get; set; }

    private readonly IReadOnlyList<string> _tags = truth.Tags;
    private readonly bool _isRegistered = truth.Registered, _hasFront = truth.PlateKind != PlateKind.Motorcycle;

    /// <summary>The account of its second tag; null where it is an issuer's of elsewhere.</summary>
    public string? SecondAccount { get; } = truth.SecondAccount;

    /// <summary>What destroyed the classifier's event, without which there is no passage.</summary>
    public Damage? NoAnchor() => Find(LaneEvidence.Avc, damage => damage.Effect == DamageEffect.Lost || damage.IsOfClock);

    /// <summary>What explains that a known passage is not charged: a wrong class or time, nothing that says whose it was, or something that says otherwise.</summary>
    public Damage? NotCharged(StrayReads strays) =>
        Find(LaneEvidence.Avc, _ => true)
        ?? (IsIdentified() ? null : Find(LaneEvidence.Tag, IsOfTag) ?? Find(LaneEvidence.Front, _ => true) ?? Find(LaneEvidence.Rear, _ => true))
        ?? Array.Find(_damages, damage => damage.Effect is DamageEffect.Altered or DamageEffect.Stray)
        ?? strays.Near(this).FirstOrDefault();

    /// <summary>What explains another class: that it was measured or declared, or the read of another vehicle.</summary>
    public Damage? OtherClass(string? found, StrayReads strays) =>
        Find(LaneEvidence.Avc, damage => damage.Said == found || damage.IsOfClock)
        ?? Find(LaneEvidence.Tag, damage => damage.Fault == CorridorFault.TagClass)
        ?? strays.Near(this).FirstOrDefault(damage => damage.Evidence is LaneEvidence.Tag or LaneEvidence.Avc);

    /// <summary>
    /// What explains another plate or account: a read that says exactly this, the vehicle's second tag where the first one is not to be read, a classifier's
    /// wrong time.
    /// </summary>
    public Damage? OtherVehicle(string? account, string? plate, StrayReads strays) =>
        Array.Find(_damages, damage => Says(damage, account, plate) && damage.Effect == DamageEffect.Altered)
        ?? (_tags.Count > 1 && account == SecondAccount ? Find(LaneEvidence.Tag, IsOfTag) : null)
        ?? Find(LaneEvidence.Avc, damage => damage.IsOfClock)
        ?? strays.Near(this).FirstOrDefault(damage => damage is { Evidence: LaneEvidence.Avc, IsOfClock: true, Said: null } || Says(damage, account, plate));

    /// <summary>What explains that nobody knows where it entered: what explains that its entry is not known, or not as its own.</summary>
    public Damage? NoWay(StrayReads strays) => EnteredBy is null ? null : EnteredBy.NoAnchor() ?? EnteredBy.NotCharged(strays) ?? NotCharged(strays);

    /// <summary>What made two passages of it.</summary>
    public Damage? Split() => Find(LaneEvidence.Avc, damage => damage.Fault == CorridorFault.AvcSplit);

    /// <summary>Whether what is left untouched says whose it was: its tag, both plates, or one that stands in the register.</summary>
    private bool IsIdentified()
    {
        if (_tags.Count > 0 && Find(LaneEvidence.Tag, IsOfTag) is null) return true;
        var plates = (_hasFront && IsWhole(LaneEvidence.Front) ? 1 : 0) + (IsWhole(LaneEvidence.Rear) ? 1 : 0);
        return plates == 2 || (plates == 1 && _isRegistered);
    }

    /// <summary>Whether it took away the read of the first tag in the vehicle's own lane.</summary>
    private bool IsOfTag(Damage damage) => damage.Said == _tags[0] && damage.Fault != CorridorFault.TagClass && (damage.Lane is null || damage.Lane == Lane);

    private bool IsWhole(LaneEvidence evidence) => Find(evidence, damage => damage.Lane is null || damage.Lane == Lane) is null;

    private Damage? Find(LaneEvidence evidence, Predicate<Damage> match) => Array.Find(_damages, damage => damage.Evidence == evidence && match(damage));

    private static bool Says(Damage damage, string? account, string? plate) =>
        (damage.Said is not null && damage.Said == plate) || (damage.Account is not null && damage.Account == account);
}
