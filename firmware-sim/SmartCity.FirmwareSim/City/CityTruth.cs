using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.FirmwareSim.City;

/// <summary>
/// What the simulated city really did, for those who score the platform: every message and value counted, every fault with its device and time.
/// Said = acknowledged + waiting + dropped, in messages and in values; repeats are counted apart.
/// </summary>
internal sealed record CityTruth
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public required int Seed { get; init; }
    public required DateTimeOffset Begun { get; init; }
    public required DateTimeOffset Written { get; init; }
    public required TrafficCount Totals { get; init; }
    public required IReadOnlyList<FaultTruth> Faults { get; init; }
    public required IReadOnlyList<DeviceTruth> Devices { get; init; }

    /// <summary>Writes it to a file, which is whole at any moment.</summary>
    public void Save(string file)
    {
        var temporary = file + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, _options));
        File.Move(temporary, file, true);
    }

    /// <summary>Reads it back.</summary>
    public static CityTruth Load(string file) => JsonSerializer.Deserialize<CityTruth>(File.ReadAllBytes(file), _options)!;
}

/// <summary>Messages and values of a device, or of all.</summary>
internal sealed class TrafficCount
{
    /// <summary>Messages said, repeats not counted.</summary>
    public long Messages { get; set; }
    /// <summary>Values in them.</summary>
    public long Values { get; set; }
    /// <summary>Messages acknowledged, repeats not counted.</summary>
    public long AcknowledgedMessages { get; set; }
    /// <summary>Values in them.</summary>
    public long AcknowledgedValues { get; set; }
    /// <summary>Messages lost on the device, because its bounded backlog was full; repeats not counted.</summary>
    public long DroppedMessages { get; set; }
    /// <summary>Values in them.</summary>
    public long DroppedValues { get; set; }
    /// <summary>Messages said a second time on purpose.</summary>
    public long RepeatedMessages { get; set; }
    /// <summary>Values in them.</summary>
    public long RepeatedValues { get; set; }
    /// <summary>Messages sent again with DUP after a broken connection.</summary>
    public long Resent { get; set; }
    /// <summary>Connections made.</summary>
    public long Connections { get; set; }

    public void Add(TrafficCount other)
    {
        Messages += other.Messages;
        Values += other.Values;
        AcknowledgedMessages += other.AcknowledgedMessages;
        AcknowledgedValues += other.AcknowledgedValues;
        DroppedMessages += other.DroppedMessages;
        DroppedValues += other.DroppedValues;
        RepeatedMessages += other.RepeatedMessages;
        RepeatedValues += other.RepeatedValues;
        Resent += other.Resent;
        Connections += other.Connections;
    }
}

/// <summary>A device and what it did.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Kind">Kind.</param>
/// <param name="Latitude">Where it stands.</param>
/// <param name="Longitude">Where it stands.</param>
/// <param name="Count">What it said.</param>
internal sealed record DeviceTruth(string Id, string Kind, double Latitude, double Longitude, TrafficCount Count);

/// <summary>Something that went wrong on purpose.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Fault"><c>drift</c>, <c>clock</c>, <c>outage</c> or <c>duplicate</c>.</param>
/// <param name="From">Since when.</param>
/// <param name="To">Until when; null to the end.</param>
internal sealed record FaultTruth(string Device, string Fault, DateTimeOffset From, DateTimeOffset? To)
{
    /// <summary>Change of the first number of the device's messages, a share an hour.</summary>
    public double? PerHour { get; init; }
    /// <summary>What is wrong with the clock.</summary>
    public ClockFault? Clock { get; init; }
    /// <summary>Number of the message that came twice.</summary>
    public ulong? Sequence { get; init; }
}
