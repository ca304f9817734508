using SmartCity.Edge.Gateway.Listen;
using SmartCity.Hosting.Commands;

namespace SmartCity.Tests.Edge.Gateway.Listen;

public sealed class OpenFilesTests
{
    [Theory]
    [InlineData(20_000, ulong.MaxValue, 20_000)]
    [InlineData(20_000, 1_048_576, 20_000)]
    [InlineData(20_000, 20_000, 19_600)]
    [InlineData(20_000, 512, 112)]
    [InlineData(50, 512, 50)]
    [InlineData(20_000, 401, 1)]
    public void What_the_gateway_opens_itself_is_left_to_it(int wanted, ulong limit, int connections) => Assert.Equal(connections, OpenFiles.Connections(wanted, limit));

    [Fact]
    public void Where_there_is_no_room_for_a_single_device_it_says_so()
    {
        var refused = Assert.Throws<CommandException>(() => OpenFiles.Connections(20_000, 400));
        Assert.Contains("LimitNOFILE", refused.Message, StringComparison.Ordinal);
    }
}
