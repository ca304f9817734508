using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>Where the condition of an alarm stands.</summary>
internal enum AlarmPhase
{
    Normal,
    Pending,
    Active,
    Clearing,
}

/// <summary>What is kept of an alarm at one device. Times are µs since 1970 UTC.</summary>
internal sealed class PointState
{
    public const string ByGateway = "gateway", BySchedule = "schedule", ByDesign = "design";

    private static readonly JsonSerializerOptions _options = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    public AlarmPhase Phase { get; set; }
    /// <summary>Begin of the phase where it waits.</summary>
    public long Since { get; set; }
    public long RaisedAt { get; set; }
    /// <summary>Number of the alarm that is open; 0 = none.</summary>
    public long Alarm { get; set; }
    public bool IsAcknowledged { get; set; }
    public bool IsShelved { get; set; }
    /// <summary>0 = it ends with the alarm.</summary>
    public long ShelvedUntil { get; set; }
    public bool IsOutOfService { get; set; }
    public string? AsideBy { get; set; }
    public string? AsideWhy { get; set; }
    public string? SuppressedBy { get; set; }
    public bool IsUnstable { get; set; }
    /// <summary>When it was raised lately.</summary>
    public List<long> Flips { get; set; } = [];
    public long AnnouncedAt { get; set; }
    /// <summary>Next step of telling.</summary>
    public int NextStep { get; set; }

    /// <summary>Whether it is as a new one, so that nothing need be kept.</summary>
    [JsonIgnore]
    public bool IsEmpty => Phase == AlarmPhase.Normal && Alarm == 0 && !IsShelved && !IsOutOfService && SuppressedBy is null && !IsUnstable && Flips.Count == 0;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, _options);

    /// <exception cref="InvalidDataException">It is no such state.</exception>
    public static PointState Of(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<PointState>(json, _options) ?? throw new InvalidDataException("The state of an alarm is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"This is no state of an alarm: {error.Message}", error);
        }
    }
}
