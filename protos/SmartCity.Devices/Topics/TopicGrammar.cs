using System.Text;

namespace SmartCity.Devices.Topics;

/// <summary>
/// The city's topics: <c>city/v1/{deviceId}/telemetry | senml | senml-cbor | toll | status | cmd/{rid} | cmd/{rid}/res</c>. A request id follows the rules of a device id.
/// Nothing here allocates except <see cref="Of"/>.
/// </summary>
public static class TopicGrammar
{
    private static ReadOnlySpan<byte> Prefix => "city/v1/"u8;

    /// <summary>Takes a topic apart. Never throws, for any input.</summary>
    /// <returns>False where it is none of ours; then <paramref name="topic"/> is of <see cref="TopicKind.Unknown"/>.</returns>
    public static bool TryParse(ReadOnlySpan<byte> name, out CityTopic topic)
    {
        topic = default;
        if (!name.StartsWith(Prefix)) return false;
        name = name[Prefix.Length..];
        var end = name.IndexOf((byte)'/');
        if (end < 0) return false;
        var device = name[..end];
        var rest = name[(end + 1)..];
        if (rest.SequenceEqual("telemetry"u8)) topic = new CityTopic(TopicKind.Telemetry, device);
        else if (rest.SequenceEqual("toll"u8)) topic = new CityTopic(TopicKind.Toll, device);
        else if (rest.SequenceEqual("senml"u8)) topic = new CityTopic(TopicKind.SenMl, device);
        else if (rest.SequenceEqual("senml-cbor"u8)) topic = new CityTopic(TopicKind.SenMlCbor, device);
        else if (rest.SequenceEqual("status"u8)) topic = new CityTopic(TopicKind.Status, device);
        else if (rest.StartsWith("cmd/"u8))
        {
            var request = rest[4..];
            var kind = TopicKind.Command;
            if (request.EndsWith("/res"u8))
            {
                request = request[..^4];
                kind = TopicKind.CommandResult;
            }
            if (!DeviceId.IsValid(request)) return false;
            topic = new CityTopic(kind, device, request);
        }
        else return false;
        if (DeviceId.IsValid(device)) return true;
        topic = default;
        return false;
    }

    /// <summary>Whether a topic filter lets a device read only its own commands: <c>city/v1/{device}/cmd/#</c>, <c>…/cmd/+</c>, <c>…/cmd/{rid}</c>. Never throws.</summary>
    public static bool IsOwnCommandFilter(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> device)
    {
        if (!filter.StartsWith(Prefix)) return false;
        filter = filter[Prefix.Length..];
        if (!filter.StartsWith(device)) return false;
        filter = filter[device.Length..];
        if (!filter.StartsWith("/cmd/"u8)) return false;
        filter = filter["/cmd/".Length..];
        return filter.SequenceEqual("#"u8) || filter.SequenceEqual("+"u8) || DeviceId.IsValid(filter);
    }

    /// <summary>The topic of a device.</summary>
    /// <param name="kind">What for.</param>
    /// <param name="device">Device id.</param>
    /// <param name="request">Request id, for commands and their answers.</param>
    /// <exception cref="ArgumentException">An id is not valid.</exception>
    public static string Of(TopicKind kind, string device, string? request = null)
    {
        var topic = kind switch
        {
            TopicKind.Telemetry => $"city/v1/{device}/telemetry",
            TopicKind.Toll => $"city/v1/{device}/toll",
            TopicKind.SenMl => $"city/v1/{device}/senml",
            TopicKind.SenMlCbor => $"city/v1/{device}/senml-cbor",
            TopicKind.Status => $"city/v1/{device}/status",
            TopicKind.Command => $"city/v1/{device}/cmd/{request}",
            TopicKind.CommandResult => $"city/v1/{device}/cmd/{request}/res",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A topic of the city has a kind."),
        };
        return TryParse(Encoding.UTF8.GetBytes(topic), out var parsed) && parsed.Kind == kind ? topic
            : throw new ArgumentException($"{topic} is no topic: ids are 1–{DeviceId.LengthMax} of A-Za-z0-9 . _ : - and %XX.", nameof(device));
    }
}
