using System.Text.Json.Serialization;

namespace SmartCity.Cloud.Tolling.Disputes;

/// <summary>What somebody objects to.</summary>
public enum DisputeReason : byte
{
    /// <summary>The vehicle was not there: the plate was misread, or is another's.</summary>
    NotMyVehicle = 1,
    /// <summary>One passage was charged twice.</summary>
    ChargedTwice = 2,
    /// <summary>The class of the vehicle is wrong.</summary>
    WrongClass = 3,
    /// <summary>The price is wrong.</summary>
    WrongAmount = 4,
    /// <summary>The vehicle is exempt, or has a plan.</summary>
    Exempt = 5,
    /// <summary>Something else, which the text says.</summary>
    Other = 6,
}

/// <summary>Where a dispute stands.</summary>
public enum DisputeState : byte
{
    /// <summary>Nobody has taken it up.</summary>
    Open = 1,
    /// <summary>Somebody looks into it.</summary>
    UnderReview = 2,
    /// <summary>Something is given back.</summary>
    Upheld = 3,
    /// <summary>Nothing is given back.</summary>
    Rejected = 4,
}

/// <summary>A charge that somebody objects to.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Charge">Charge id.</param>
/// <param name="Reason">What is objected to.</param>
/// <param name="Text">In the words of whoever objects; may be empty.</param>
/// <param name="OpenedBy">Who did: an account, or <see cref="Driver"/>.</param>
/// <param name="OpenedAt">µs since 1970 UTC.</param>
/// <param name="State">Where it stands.</param>
/// <param name="HandledBy">Who looks into it; null where nobody has yet.</param>
/// <param name="Finding">What that came to.</param>
/// <param name="DecidedBy">Who decided last; null before.</param>
/// <param name="DecidedAt">µs since 1970 UTC.</param>
/// <param name="Refund">What is given back, minor units; 0 where it was rejected.</param>
/// <param name="Of">What stood when it was decided.</param>
/// <param name="Explanation">Why it was decided so.</param>
/// <param name="Appealed">Whether it was decided once and objected to again: the next decision is the last.</param>
public sealed record Dispute(
    int Number, string Charge, DisputeReason Reason, string Text, string OpenedBy, long OpenedAt, DisputeState State, string? HandledBy = null, string? Finding = null,
    string? DecidedBy = null, long? DecidedAt = null, long Refund = 0, long Of = 0, string? Explanation = null, bool Appealed = false)
{
    /// <summary>Stands for a driver who opened it without signing in; no account has such a name.</summary>
    public const string Driver = "(driver)";

    /// <summary>Whether it is decided, for now.</summary>
    [JsonIgnore] public bool IsDecided => State is DisputeState.Upheld or DisputeState.Rejected;

    /// <summary>Whether nothing can be changed any more.</summary>
    [JsonIgnore] public bool IsFinal => IsDecided && (Appealed || (State == DisputeState.Upheld && Refund == Of));
}

/// <summary>Something that was done to a dispute.</summary>
/// <param name="At">µs since 1970 UTC.</param>
/// <param name="By">Who.</param>
/// <param name="What"><c>opened</c>, <c>taken</c>, <c>upheld</c>, <c>rejected</c>, <c>appealed</c> or <c>released</c>.</param>
/// <param name="Text">What was said.</param>
public sealed record DisputeStep(long At, string By, string What, string Text);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Dispute))]
[JsonSerializable(typeof(FaultScope))]
internal sealed partial class DisputeJson : JsonSerializerContext;
