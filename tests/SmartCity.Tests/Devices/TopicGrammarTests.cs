using System.Text;
using CsCheck;
using SmartCity.Devices;
using SmartCity.Devices.Topics;

namespace SmartCity.Tests.Devices;

public sealed class TopicGrammarTests
{
    [Theory]
    [InlineData("city/v1/d1/telemetry", TopicKind.Telemetry, "d1", "")]
    [InlineData("city/v1/A-z_0.9:x/toll", TopicKind.Toll, "A-z_0.9:x", "")]
    [InlineData("city/v1/meter%2F7/status", TopicKind.Status, "meter%2F7", "")]
    [InlineData("city/v1/d1/senml", TopicKind.SenMl, "d1", "")]
    [InlineData("city/v1/d1/senml-cbor", TopicKind.SenMlCbor, "d1", "")]
    [InlineData("city/v1/d1/cmd/17", TopicKind.Command, "d1", "17")]
    [InlineData("city/v1/d1/cmd/17/res", TopicKind.CommandResult, "d1", "17")]
    [InlineData("city/v1/d1/cmd/res", TopicKind.Command, "d1", "res")]
    public void A_topic_of_the_city_is_taken_apart(string name, TopicKind kind, string device, string request)
    {
        Assert.True(TopicGrammar.TryParse(Encoding.UTF8.GetBytes(name), out var topic));
        Assert.Equal(kind, topic.Kind);
        Assert.Equal(device, Encoding.UTF8.GetString(topic.Device));
        Assert.Equal(request, Encoding.UTF8.GetString(topic.Request));
        Assert.Equal(name, TopicGrammar.Of(kind, device, request));
    }

    [Theory]
    [InlineData("")]
    [InlineData("city/v1/")]
    [InlineData("city/v1/d1")]
    [InlineData("city/v1/d1/")]
    [InlineData("city/v1//telemetry")]
    [InlineData("city/v2/d1/telemetry")]
    [InlineData("City/v1/d1/telemetry")]
    [InlineData("/city/v1/d1/telemetry")]
    [InlineData("city/v1/d1/telemetry/")]
    [InlineData("city/v1/d1/telemetry/x")]
    [InlineData("city/v1/d 1/telemetry")]
    [InlineData("city/v1/d%2f/telemetry")]
    [InlineData("city/v1/d%2/telemetry")]
    [InlineData("city/v1/dé/telemetry")]
    [InlineData("city/v1/d1/cmd/")]
    [InlineData("city/v1/d1/cmd//res")]
    [InlineData("city/v1/d1/cmd/1/2")]
    [InlineData("city/v1/d1/cmd/+")]
    public void Anything_else_is_unknown(string name)
    {
        Assert.False(TopicGrammar.TryParse(Encoding.UTF8.GetBytes(name), out var topic));
        Assert.Equal(TopicKind.Unknown, topic.Kind);
    }

    [Fact]
    public void An_id_has_1_to_128_bytes()
    {
        Assert.True(DeviceId.IsValid(new string('a', 128)));
        Assert.False(DeviceId.IsValid(new string('a', 129)));
        Assert.False(DeviceId.IsValid(""));
        Assert.Throws<ArgumentException>(() => TopicGrammar.Of(TopicKind.Telemetry, "a/b"));
    }

    [Fact]
    public void Encode_makes_valid_ids_of_foreign_ones() => Gen.String[1, 12].Sample(foreign =>
    {
        var id = DeviceId.Encode(foreign);
        return DeviceId.IsValid(id) && (id.Contains('%', StringComparison.Ordinal) || id == foreign);
    });

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 40].Sample(bytes =>
    {
        return !TopicGrammar.TryParse(bytes, out _)
            && TopicGrammar.TryParse([.. "city/v1/"u8, .. bytes], out var topic) == (topic.Kind != TopicKind.Unknown)
            && (topic.Kind == TopicKind.Unknown || DeviceId.IsValid(topic.Device));
    });

    [Theory]
    [InlineData("city/v1/d1/cmd/#", true)]
    [InlineData("city/v1/d1/cmd/+", true)]
    [InlineData("city/v1/d1/cmd/17", true)]
    [InlineData("city/v1/d1/cmd/+/res", false)]
    [InlineData("city/v1/d10/cmd/#", false)]
    [InlineData("city/v1/+/cmd/#", false)]
    [InlineData("city/v1/d1/#", false)]
    [InlineData("#", false)]
    public void A_device_reads_only_its_own_commands(string filter, bool own) =>
        Assert.Equal(own, TopicGrammar.IsOwnCommandFilter(Encoding.UTF8.GetBytes(filter), "d1"u8));
}
