using System.Text.Json;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>What a device's event says beside the members common to all.</summary>
internal abstract record Seen
{
    /// <summary>The event's <c>kind</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Writes the members of the kind.</summary>
    public abstract void Write(Utf8JsonWriter json, LaneDevice device);
}

/// <summary>What a classifier measures.</summary>
/// <param name="Class">The class that it measures.</param>
/// <param name="LengthCm">Length, cm.</param>
/// <param name="SpeedKmh">Speed, km/h.</param>
/// <param name="IsGhost">Whether it is the second half of a vehicle.</param>
internal sealed record AvcSeen(VehicleClass Class, int LengthCm, double SpeedKmh, bool IsGhost) : Seen
{
    public override string Kind => "avc";

    public override void Write(Utf8JsonWriter json, LaneDevice device)
    {
        json.WriteNumber("axles"u8, Class.Axles);
        json.WriteNumber("length_cm"u8, LengthCm);
        json.WriteNumber("height_cm"u8, Class.HeightCm);
        json.WriteBoolean("dual_tyre"u8, Class.HasDualTyres);
        json.WriteNumber("speed_kmh"u8, SpeedKmh);
        json.WriteString("class"u8, Class.Name);
        json.WriteNumber("count"u8, device.Count);
    }
}

/// <summary>What a loop notices.</summary>
/// <param name="OccupiedMs">How long it is occupied, ms.</param>
internal sealed record LoopSeen(int OccupiedMs) : Seen
{
    public override string Kind => "loop";

    public override void Write(Utf8JsonWriter json, LaneDevice device) => json.WriteNumber("occupied_ms"u8, OccupiedMs);
}

/// <summary>What an antenna reads.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="RssiDbm">Signal strength, dBm.</param>
/// <param name="Reads">How often.</param>
internal sealed record TagSeen(VehicleTag Tag, int RssiDbm, int Reads) : Seen
{
    public override string Kind => "tag";

    public override void Write(Utf8JsonWriter json, LaneDevice device)
    {
        json.WriteNumber("issuer"u8, Tag.Issuer);
        json.WriteString("tag"u8, Tag.Id);
        json.WriteNumber("rssi_dbm"u8, RssiDbm);
        json.WriteNumber("reads"u8, Reads);
        json.WriteString("class"u8, Tag.Class.Name);
    }
}

/// <summary>What a camera reads.</summary>
/// <param name="IsFront">Which plate it looks at.</param>
/// <param name="Plate">What it takes it for; null where it reads nothing.</param>
/// <param name="Confidence">How sure it is, 0–1.</param>
/// <param name="Second">Its second guess, or null.</param>
/// <param name="Image">Digest of the picture.</param>
internal sealed record PlateSeen(bool IsFront, NumberPlate? Plate, double Confidence, NumberPlate? Second, (ulong, ulong, ulong, ulong) Image) : Seen
{
    public override string Kind => "anpr";

    public override void Write(Utf8JsonWriter json, LaneDevice device)
    {
        json.WriteString("side"u8, IsFront ? "front"u8 : "rear"u8);
        json.WriteStartArray("candidates"u8);
        Candidate(Plate, Confidence);
        Candidate(Second, Math.Round((1 - Confidence) / 2, 3));
        json.WriteEndArray();
        json.WriteString("image"u8, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"sha256:{Image.Item1:x16}{Image.Item2:x16}{Image.Item3:x16}{Image.Item4:x16}"));

        void Candidate(NumberPlate? plate, double confidence)
        {
            if (plate is null) return;
            json.WriteStartObject();
            json.WriteString("text"u8, PlateReading.Write(plate, device.PlateStyle));
            json.WriteString("country"u8, plate.Country);
            json.WriteNumber("confidence"u8, confidence);
            json.WriteEndObject();
        }
    }
}

/// <summary>The hardware's own count.</summary>
internal sealed record CounterSeen : Seen
{
    public override string Kind => "counter";

    public override void Write(Utf8JsonWriter json, LaneDevice device)
    {
        json.WriteStartObject("counts"u8);
        json.WriteNumber(device.Kind switch { LaneEvidence.Avc => "avc", LaneEvidence.Loop => "loop", LaneEvidence.Tag => "tag", _ => "anpr" }, device.Count);
        json.WriteEndObject();
    }
}

/// <summary>How the device is.</summary>
/// <param name="Temperature">Temperature inside, °C.</param>
internal sealed record HealthSeen(double Temperature) : Seen
{
    public override string Kind => "health";

    public override void Write(Utf8JsonWriter json, LaneDevice device) => json.WriteNumber("temp"u8, Temperature);
}
