using SmartCity.Edge.Gateway.Broker;

namespace SmartCity.Tests.Edge.Gateway.Broker;

public sealed class BrokerAddressTests
{
    [Theory]
    [InlineData("mqtt://broker", "broker", 1883, false, null, null)]
    [InlineData("mqtt://10.0.0.7:1884/", "10.0.0.7", 1884, false, null, null)]
    [InlineData("mqtts://broker.example", "broker.example", 8883, true, null, null)]
    [InlineData("mqtt://[::1]:99", "::1", 99, false, null, null)]
    [InlineData("mqtts://gate:s%40:c%2Fret@b:8884", "b", 8884, true, "gate", "s@:c/ret")]
    [InlineData("mqtt://only@b", "b", 1883, false, "only", null)]
    public void An_address_is_read(string text, string host, int port, bool isTls, string? user, string? password)
    {
        Assert.Null(BrokerAddress.TryParse(text, out var address));
        Assert.Equal(new BrokerAddress(host, port, isTls, user, password), address! with { Host = address.Host.Trim('[', ']') });
        Assert.DoesNotContain("ret", address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("broker:1883")]
    [InlineData("http://broker")]
    [InlineData("mqtt://")]
    [InlineData("mqtt://host/path")]
    [InlineData("mqtt://host?x=1")]
    [InlineData("mqtt://host:0")]
    [InlineData("mqtt://host:70000")]
    public void What_is_no_address_is_said_without_its_password(string text)
    {
        var wrong = BrokerAddress.TryParse(text, out var address);
        Assert.Null(address);
        Assert.Contains("mqtt://host:1883", wrong);
    }
}
