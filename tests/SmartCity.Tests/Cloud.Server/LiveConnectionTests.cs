using SmartCity.Cloud.Server.Live;

namespace SmartCity.Tests.Cloud.Server;

public sealed class LiveConnectionTests
{
    [Fact]
    public async Task A_connection_that_is_behind_loses_what_waits_counted_and_is_told_to_start_anew()
    {
        using var connection = new LiveConnection(100);
        var taken = new List<LiveMessage>();
        for (var i = 0; i < 4; i++) connection.Offer([new LiveMessage(new byte[40], false)]);
        Assert.False(await connection.TakeAsync(taken, TestContext.Current.CancellationToken));
        Assert.Equal(4, connection.Dropped);
        connection.Restart([new LiveMessage(new byte[500], false)]);
        connection.Offer([new LiveMessage(new byte[40], false)]);
        Assert.True(await connection.TakeAsync(taken, TestContext.Current.CancellationToken));
        Assert.Equal([500, 40], taken.Select(message => message.Bytes.Length));
        Assert.Equal(4, connection.Dropped);
    }

    [Fact]
    public async Task Who_waits_is_woken()
    {
        using var connection = new LiveConnection(100);
        var taken = new List<LiveMessage>();
        var waiting = connection.TakeAsync(taken, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        connection.Offer([new LiveMessage(new byte[1], true)]);
        Assert.True(await waiting);
        Assert.Single(taken);
    }
}
