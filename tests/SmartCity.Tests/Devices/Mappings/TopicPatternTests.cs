using System.Text;
using SmartCity.Devices.Mappings;

namespace SmartCity.Tests.Devices.Mappings;

public sealed class TopicPatternTests
{
    [Theory]
    [InlineData("tele/{device}/SENSOR", "tele/plug/SENSOR", true)]
    [InlineData("tele/{device}/SENSOR", "tele//SENSOR", true)]
    [InlineData("tele/{device}/SENSOR", "tele/plug/SENSOR/x", false)]
    [InlineData("tele/{device}/SENSOR", "tele/plug", false)]
    [InlineData("tele/{device}/SENSOR", "tele/plug/STATE", false)]
    [InlineData("stat/{device}/#", "stat/plug/POWER", true)]
    [InlineData("stat/{device}/#", "stat/plug/a/b", true)]
    [InlineData("stat/{device}/#", "stat/plug", true)] // as MQTT has it
    [InlineData("stat/{device}/#", "stat/plug/#", true)]
    [InlineData("stat/{device}/x", "stat/plug/#", false)]
    [InlineData("stat/{device}/#", "stat/#", false)]
    [InlineData("stat/{device}/#", "#", false)]
    public void Topics_and_filters_fit_or_do_not(string pattern, string topic, bool fits)
    {
        Assert.Null(TopicPattern.TryParse(pattern, true, out var parsed));
        Assert.Equal(fits, parsed!.Fits(Encoding.UTF8.GetBytes(topic)));
    }

    [Fact]
    public void Captures_are_taken_by_their_names()
    {
        Assert.Null(TopicPattern.TryParse("v3/{app}/devices/{device}/up", false, out var pattern));
        var topic = "v3/parks@ttn/devices/soil-01/up"u8;
        Assert.Equal(("parks@ttn", "soil-01", null), (pattern!.Capture(topic, "app"), pattern.Capture(topic, "device"), pattern.Capture(topic, "other")));
        Assert.Equal("v3/+/devices/+/up", pattern.Filter);
    }
}
