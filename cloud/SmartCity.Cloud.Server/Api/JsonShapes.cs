using System.Text.Json;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Shapes that several answers share.</summary>
internal static class JsonShapes
{
    /// <summary>An object with what <paramref name="members"/> writes.</summary>
    public static void WriteObject(this Utf8JsonWriter writer, Action members)
    {
        writer.WriteStartObject();
        members();
        writer.WriteEndObject();
    }

    /// <summary>A page: items and the link to the next.</summary>
    public static void WriteItems<T>(this Utf8JsonWriter writer, IReadOnlyList<T> items, Action<T> members, string? next = null) => writer.WriteObject(() =>
    {
        writer.WriteStartArray("items");
        foreach (var item in items) writer.WriteObject(() => members(item));
        writer.WriteEndArray();
        writer.WriteNext(next);
    });

    /// <summary>A number, or null where there is none or JSON has it not.</summary>
    public static void WriteNumberOrNull(this Utf8JsonWriter writer, double? number)
    {
        if (number is { } one && double.IsFinite(one)) writer.WriteNumberValue(one);
        else writer.WriteNullValue();
    }

    /// <summary>A member that is a number, or null.</summary>
    public static void WriteNumberOrNull(this Utf8JsonWriter writer, string name, double? number)
    {
        writer.WritePropertyName(name);
        writer.WriteNumberOrNull(number);
    }

    /// <summary>The link to the next page; none on the last.</summary>
    public static void WriteNext(this Utf8JsonWriter writer, string? next)
    {
        if (next is not null) writer.WriteString("next", next);
    }

    /// <summary>A GeoJSON feature (RFC 7946); without a position its geometry is null.</summary>
    public static void WriteFeature(this Utf8JsonWriter writer, DevicePosition? position, Action properties) => writer.WriteObject(() =>
    {
        writer.WriteString("type", "Feature");
        if (position is { } place)
        {
            writer.WriteStartObject("geometry");
            writer.WriteString("type", "Point");
            writer.WriteStartArray("coordinates");
            writer.WriteNumberValue(place.Longitude);
            writer.WriteNumberValue(place.Latitude);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("geometry");
        }
        writer.WritePropertyName("properties");
        writer.WriteObject(properties);
    });

    /// <summary>A GeoJSON collection.</summary>
    public static void WriteFeatures<T>(this Utf8JsonWriter writer, IReadOnlyList<T> items, Func<T, DevicePosition?> position, Action<T> properties, string? next = null) => writer.WriteObject(() =>
    {
        writer.WriteString("type", "FeatureCollection");
        writer.WriteStartArray("features");
        foreach (var item in items) writer.WriteFeature(position(item), () => properties(item));
        writer.WriteEndArray();
        writer.WriteNext(next);
    });
}
