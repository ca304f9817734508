using SmartCity.Edge.Gateway.Broker;

namespace SmartCity.Tests.Edge.Gateway.Broker;

public sealed class CommittedPacketsTests
{
    [Fact]
    public void A_packet_is_known_by_its_id_and_content_until_as_many_others_have_come_as_a_broker_may_have_under_way()
    {
        var committed = new CommittedPackets(3);
        var print = CommittedPackets.PrintOf("t", "a"u8);
        committed.Add(7, print);
        Assert.True(committed.Holds(7, print));
        Assert.False(committed.Holds(8, print));
        Assert.False(committed.Holds(7, CommittedPackets.PrintOf("t", "b"u8)));
        Assert.NotEqual(CommittedPackets.PrintOf("ta", ""u8), print);
        for (ushort id = 8; id < 11; id++) committed.Add(id, id);
        Assert.False(committed.Holds(7, print));
        Assert.True(committed.Holds(8, 8));
    }

    [Fact]
    public void An_id_that_was_used_again_is_not_forgotten_with_its_first_use()
    {
        var committed = new CommittedPackets(2);
        committed.Add(1, 10);
        committed.Add(1, 11);
        committed.Add(2, 20);
        Assert.True(committed.Holds(1, 11));
        committed.Clear();
        Assert.False(committed.Holds(1, 11));
    }
}
