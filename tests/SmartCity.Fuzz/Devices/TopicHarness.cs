using System.Text;
using SmartCity.Devices;
using SmartCity.Devices.Topics;

namespace SmartCity.Fuzz.Devices;

/// <summary>Topic names and device ids.</summary>
internal sealed class TopicHarness : IHarness
{
    private bool _isWarm;

    public string Name => "topics";

    public IEnumerable<byte[]> Seeds => new[]
    {
        "city/v1/a-1/telemetry", "city/v1/lane%2F1/toll", "city/v1/x/status", "city/v1/x/cmd/r1", "city/v1/x/cmd/r1/res", "city/v1/x/cmd/+", "city/v1//telemetry", "2026-11-24T06:12:03.412+03:30", "2024-02-29T23:59:60Z",
    }.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Words => new[] { "city/v1/", "/cmd/", "/res", "/telemetry", "/toll", "%2F", "%", "+", "#", "-00:00", ".0000001", "0000-", "9999-12-31" }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isTopic = TopicGrammar.TryParse(input, out var topic);
        var isId = DeviceId.IsValid(input);
        var time = DeviceTime.TryParse(input, out var micros);
        TopicGrammar.IsOwnCommandFilter(input, topic.Device);
        // The first call may make what is made once.
        if (_isWarm) Must.Allocate(before, 0, "reading a topic");
        _isWarm = true;
        if (isTopic)
        {
            var (device, request) = (Encoding.ASCII.GetString(topic.Device), Encoding.ASCII.GetString(topic.Request));
            Must.Hold(DeviceId.IsValid(topic.Device) && DeviceId.IsValid(device), "a topic whose device is no id");
            Must.Equal(Encoding.ASCII.GetString(input), TopicGrammar.Of(topic.Kind, device, request.Length == 0 ? null : request), "the topic made of its parts");
        }
        else Must.Equal(TopicKind.Unknown, topic.Kind, "kind of what is no topic");
        if (isId) Must.Equal(isId, DeviceId.IsValid(Encoding.UTF8.GetString(input)), "whether the text is an id as its bytes are");
        if (time == RejectReason.None)
        {
            Must.Hold(micros >= Model.UnixMicros.Min && micros <= Model.UnixMicros.Max, "a time outside the years 1 to 9999");
            var text = Model.UnixMicros.ToTime(micros).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture);
            Must.Equal(RejectReason.None, DeviceTime.TryParse(Encoding.ASCII.GetBytes(text), out var again), "whether a time that was written can be read");
            Must.Equal(micros, again, "a time written and read");
        }
    }
}
