using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Ingest;

namespace SmartCity.Tests.Cloud.Server;

public sealed class SenderHistoryTests
{
    private IReadOnlyList<LogSender> _senders = [];

    [Fact]
    public void A_gateway_may_start_as_often_as_it_likes()
    {
        for (ulong start = 1; start <= 40; start++)
        {
            Assert.Equal(SenderVerdict.Accepted, Take(start));
            Assert.Equal(SenderVerdict.Accepted, Take(start));
        }
        Assert.Equal(SenderHistory.SendersMax, _senders.Count);
        Assert.Equal(new LogSender(40, SenderState.Current), _senders[^1]);
    }

    [Fact]
    public void Whoever_is_heard_again_makes_copies_of_all_that_came_after()
    {
        Take(1);
        Take(2);
        Take(3);
        Assert.Equal(SenderVerdict.AcceptedBesideCopies, Take(2));
        Assert.Equal([SenderState.Former, SenderState.Current, SenderState.Refused], _senders.Select(sender => sender.State));
        Assert.Equal(SenderVerdict.Copy, Take(3));
        Assert.Equal(SenderVerdict.Accepted, Take(2));
        Assert.Equal(SenderVerdict.Accepted, Take(4));
        Assert.Equal(SenderVerdict.Copy, Take(3));
    }

    [Fact]
    public void A_greeting_that_waited_on_the_way_while_its_process_ended_makes_nobody_a_copy()
    {
        Take(1);
        Take(2);
        Assert.Equal(SenderVerdict.Late, SenderHistory.Take(ref _senders, 1, isAlive: false));
        Assert.Equal(SenderVerdict.Accepted, Take(2));
    }

    private SenderVerdict Take(ulong incarnation) => SenderHistory.Take(ref _senders, incarnation, isAlive: true);
}
