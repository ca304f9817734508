using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using SmartCity.Devices.Credentials;
using SmartCity.Devices.Mappings;

namespace SmartCity.Devices.Twins;

/// <summary>Reads a twin's document and collects what is wrong with it.</summary>
internal sealed class TwinReader
{
    private const int MappingsMax = 100, TopicsMax = 1_000, TopicBytesMax = 512, SoftwareMax = 64, FaultsMax = 100;
    private const long QuotaMin = 1 << 20, QuotaMax = 1L << 50;
    private readonly List<TwinFault> _faults = [];

    public static TwinDocument? Read(ReadOnlyMemory<byte> json, out IReadOnlyList<TwinFault> faults)
    {
        var reader = new TwinReader();
        faults = reader._faults;
        if (json.Length > TwinJson.BytesMax)
        {
            reader.Say("", string.Create(CultureInfo.InvariantCulture, $"the document has {json.Length} bytes; {TwinJson.BytesMax} are allowed."));
            return null;
        }
        try
        {
            using var read = TwinJson.Read(json);
            var document = reader.Document(read.RootElement);
            return reader._faults.Count == 0 ? document : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A lone half of a character is found only where its text is asked for.
            reader.Say("", $"this is no JSON that can be used: {error.Message}");
            return null;
        }
    }

    private TwinDocument Document(JsonElement root)
    {
        var document = new TwinDocument();
        if (!IsMap(root, "", "uplink", "listen", "lanes", "limits", "mappings", "devices", "bridges", "software")) return document;
        if (Map(root, "", "uplink", "address") is { } uplink) document = document with { UplinkAddress = Address(uplink, "/uplink") };
        if (Map(root, "", "listen", "mqttPort", "webSocket", "webSocketPort", "tlsAddress", "tlsPort") is { } listen) document = Listen(document, listen);
        if (Map(root, "", "lanes", "toll", "alarm", "telemetry") is { } lanes) document = Lanes(document, lanes);
        if (Map(root, "", "limits", "deadLetterBytes", "sessionBytes", "series", "deviceSeries", "connections") is { } limits)
            document = document with
            {
                DeadLetterBytes = Whole(limits, "/limits", "deadLetterBytes", QuotaMin, QuotaMax), SessionBytes = Whole(limits, "/limits", "sessionBytes", QuotaMin, QuotaMax),
                Series = (int?)Whole(limits, "/limits", "series", 1, 10_000_000), DeviceSeries = (int?)Whole(limits, "/limits", "deviceSeries", 1, 1_000_000),
                Connections = (int?)Whole(limits, "/limits", "connections", 1, 1_000_000),
            };
        document = document with { Mappings = Mappings(root), Credentials = [.. Credentials(root, "devices", isBridge: false), .. Credentials(root, "bridges", isBridge: true)] };
        if (document.Credentials.GroupBy(one => one.User, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice) Say(TwinJson.Step("/bridges", twice.Key), "a device of this id stands in /devices; a bridge needs a name of its own.");
        if (Text(root, "", "software") is { } software)
        {
            if (software.Length is 0 or > SoftwareMax || software.Any(char.IsControl)) Say("/software", string.Create(CultureInfo.InvariantCulture, $"a version of 1 to {SoftwareMax} characters is needed."));
            document = document with { Software = software };
        }
        return document;
    }

    private string? Address(JsonElement uplink, string place)
    {
        var text = Text(uplink, place, "address");
        if (text is not null && (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps || address.PathAndQuery != "/" || address.UserInfo.Length > 0 || address.Fragment.Length > 0))
            Say(TwinJson.Step(place, "address"), $"\"{Cut(text)}\" is no address of an uplink; https://host:8443 is needed.");
        return text;
    }

    private TwinDocument Listen(TwinDocument document, JsonElement listen)
    {
        const string Place = "/listen";
        var webSocket = Text(listen, Place, "webSocket");
        if (webSocket is not (null or "on" or "off")) Say("/listen/webSocket", $"on or off is needed, and not \"{Cut(webSocket)}\".");
        var address = Text(listen, Place, "tlsAddress");
        if (address is not (null or "*" or "localhost") && !IPAddress.TryParse(address, out _)) Say("/listen/tlsAddress", $"\"{Cut(address)}\" is no IP address; 127.0.0.1, 0.0.0.0 or * are such.");
        var ports = new List<(string Name, int? Port)>();
        foreach (var name in new[] { "mqttPort", "webSocketPort", "tlsPort" }) ports.Add((name, (int?)Whole(listen, Place, name, 0, 65_535)));
        foreach (var same in ports.Where(one => one.Port > 0).GroupBy(one => one.Port).Where(group => group.Count() > 1))
            Say($"/listen/{same.Last().Name}", string.Create(CultureInfo.InvariantCulture, $"port {same.Key} is that of /listen/{same.First().Name}; choose another."));
        return document with { MqttPort = ports[0].Port, WebSocket = webSocket is null ? null : webSocket == "on", WebSocketPort = ports[1].Port, TlsAddress = address, TlsPort = ports[2].Port };
    }

    private TwinDocument Lanes(TwinDocument document, JsonElement lanes)
    {
        long? Quota(string lane, params ReadOnlySpan<string> members) => Map(lanes, "/lanes", lane, members) is { } found ? Whole(found, $"/lanes/{lane}", "quotaBytes", QuotaMin, QuotaMax) : null;
        document = document with { TollBytes = Quota("toll", "quotaBytes"), AlarmBytes = Quota("alarm", "quotaBytes") };
        if (Map(lanes, "/lanes", "telemetry", "quotaBytes", "whenFull") is not { } telemetry) return document;
        var whenFull = Text(telemetry, "/lanes/telemetry", "whenFull");
        if (whenFull is not (null or "refuse" or "expire-oldest")) Say("/lanes/telemetry/whenFull", $"refuse or expire-oldest is needed, and not \"{Cut(whenFull)}\".");
        return document with { TelemetryBytes = Whole(telemetry, "/lanes/telemetry", "quotaBytes", QuotaMin, QuotaMax), ExpireOldest = whenFull is null ? null : whenFull == "expire-oldest" };
    }

    private List<TwinMapping> Mappings(JsonElement root)
    {
        var mappings = new List<TwinMapping>();
        if (!root.TryGetProperty("mappings", out var all)) return mappings;
        if (all.ValueKind != JsonValueKind.Object)
        {
            Say("/mappings", "a map of names is needed, e.g. {\"zigbee2mqtt\": true}.");
            return mappings;
        }
        foreach (var entry in all.EnumerateObject().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            var place = TwinJson.Step("/mappings", entry.Name);
            if (mappings.Count == MappingsMax) Say(place, string.Create(CultureInfo.InvariantCulture, $"at most {MappingsMax} mappings."));
            else if (entry.Name.Length is 0 or > 64 || entry.Name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.')) || entry.Name[0] == '.') Say(place, "a mapping's name has 1 to 64 of A-Z a-z 0-9 . _ - and does not begin with a dot.");
            else if (entry.Value.ValueKind == JsonValueKind.True) mappings.Add(new TwinMapping(entry.Name, null));
            else if (entry.Value.ValueKind != JsonValueKind.Object) Say(place, "true, for the mapping of this name that the gateway has, or the mapping itself is needed.");
            else if (MappingFile.Parse(entry.Name, Encoding.UTF8.GetBytes(Indented(entry.Value)), out var errors) is { } mapping) mappings.Add(new TwinMapping(entry.Name, mapping));
            else
            {
                var lines = new List<string> { place };
                Places(entry.Value, place, lines);
                foreach (var error in errors) Say(error.Line >= 1 && error.Line <= lines.Count ? lines[error.Line - 1] : place, error.Text);
            }
        }
        return mappings;
    }

    private List<TwinCredential> Credentials(JsonElement root, string group, bool isBridge)
    {
        var credentials = new List<TwinCredential>();
        if (!root.TryGetProperty(group, out var all)) return credentials;
        if (all.ValueKind != JsonValueKind.Object)
        {
            Say("/" + group, isBridge ? "a map of names is needed, e.g. {\"bridge-1\": {\"password\": \"…\", \"topics\": [\"plant/#\"]}}." : "a map of device ids is needed, e.g. {\"air-17\": {\"password\": \"…\"}}.");
            return credentials;
        }
        foreach (var entry in all.EnumerateObject())
        {
            var place = TwinJson.Step("/" + group, entry.Name);
            if (!DeviceId.IsValid(Encoding.UTF8.GetBytes(entry.Name))) Say(place, string.Create(CultureInfo.InvariantCulture, $"\"{Cut(entry.Name)}\" is no id; 1–{DeviceId.LengthMax} of A-Za-z0-9 . _ : - are needed."));
            if (!(isBridge ? IsMap(entry.Value, place, "password", "topics") : IsMap(entry.Value, place, "password"))) continue;
            var before = _faults.Count;
            if (!entry.Value.TryGetProperty("password", out var password)) Say(place, "a password is needed.");
            // What stands there is a secret, whatever it is, and is not said.
            else if (password.ValueKind != JsonValueKind.String || PasswordHash.TryParse(password.GetString()) is not { } hash) Say(TwinJson.Step(place, "password"), "the password is no hash; make one with: smartcity-gateway password");
            else if (_faults.Count == before) credentials.Add(new TwinCredential(entry.Name, hash, isBridge ? Topics(entry.Value, place) : null));
        }
        return credentials;
    }

    private List<string> Topics(JsonElement bridge, string place)
    {
        var topics = new List<string>();
        place = TwinJson.Step(place, "topics");
        if (!bridge.TryGetProperty("topics", out var all) || all.ValueKind != JsonValueKind.Array || all.GetArrayLength() is 0 or > TopicsMax)
        {
            Say(place, string.Create(CultureInfo.InvariantCulture, $"a list of 1 to {TopicsMax} topic filters is needed, e.g. [\"plant/+/state\"]."));
            return topics;
        }
        var number = 0;
        foreach (var one in all.EnumerateArray())
        {
            var at = TwinJson.Step(place, number++.ToString(CultureInfo.InvariantCulture));
            if (one.ValueKind != JsonValueKind.String || one.GetString() is not { Length: > 0 } filter || Encoding.UTF8.GetByteCount(filter) > TopicBytesMax || !IsFilter(filter)) Say(at, "this is no topic filter; + stands for one level and # for all that follow, at the end.");
            else topics.Add(filter);
        }
        return topics;
    }

    private static bool IsFilter(string filter)
    {
        var levels = filter.Split('/');
        for (var i = 0; i < levels.Length; i++)
        {
            if (levels[i].Contains('\0', StringComparison.Ordinal)) return false;
            if (levels[i].Contains('#', StringComparison.Ordinal) && (levels[i] != "#" || i < levels.Length - 1)) return false;
            if (levels[i].Contains('+', StringComparison.Ordinal) && levels[i] != "+") return false;
        }
        return true;
    }

    private bool IsMap(JsonElement value, string place, params ReadOnlySpan<string> known)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Say(place, $"an object is needed, with {string.Join(", ", known!)}.");
            return false;
        }
        foreach (var member in value.EnumerateObject())
            if (!known.Contains(member.Name)) Say(TwinJson.Step(place, member.Name), $"\"{Cut(member.Name)}\" is not known here; known are {string.Join(", ", known!)}.");
        return true;
    }

    private JsonElement? Map(JsonElement parent, string place, string name, params ReadOnlySpan<string> known) =>
        parent.TryGetProperty(name, out var value) && IsMap(value, TwinJson.Step(place, name), known) ? value : null;

    private string? Text(JsonElement parent, string place, string name)
    {
        if (!parent.TryGetProperty(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        Say(TwinJson.Step(place, name), "a text is needed.");
        return null;
    }

    private long? Whole(JsonElement parent, string place, string name, long least, long most)
    {
        if (!parent.TryGetProperty(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most) return number;
        Say(TwinJson.Step(place, name), string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most} is needed."));
        return null;
    }

    private void Say(string pointer, string text)
    {
        if (_faults.Count < FaultsMax) _faults.Add(new TwinFault(pointer, text));
    }

    private static string Cut(string text) => text.Length <= 100 ? text : text[..100] + "…";

    private static string Indented(JsonElement value)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true })) value.WriteTo(writer);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>The place of each line of a value as <see cref="Indented"/> writes it; the first line is there already.</summary>
    private static void Places(JsonElement value, string place, List<string> lines)
    {
        var number = 0;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    var at = TwinJson.Step(place, member.Name);
                    lines.Add(at);
                    Places(member.Value, at, lines);
                    number++;
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    var at = TwinJson.Step(place, number++.ToString(CultureInfo.InvariantCulture));
                    lines.Add(at);
                    Places(item, at, lines);
                }
                break;
            default:
                return;
        }
        // The closing bracket's line; an empty one closes on its own.
        if (number > 0) lines.Add(place);
    }
}
