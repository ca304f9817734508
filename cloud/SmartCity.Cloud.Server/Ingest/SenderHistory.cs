using SmartCity.Cloud.Log;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>
/// Tells a gateway that started again from two that send from copies of one spool. Each start makes a new incarnation; after a restart the former
/// one is never heard again. One that is heard again after another took its place is alive beside it: whoever came later sends from a copy.
/// </summary>
internal static class SenderHistory
{
    /// <summary>Starts of one gateway that are remembered.</summary>
    internal const int SendersMax = 16;

    /// <summary>Takes a stream's greeting.</summary>
    /// <param name="senders">Who sent so far, in the order of their first streams; replaced by who sends now.</param>
    /// <param name="incarnation">Who greets.</param>
    /// <param name="isAlive">Whether it is known to have lived after the current one was accepted.</param>
    /// <returns>What becomes of the stream.</returns>
    public static SenderVerdict Take(ref IReadOnlyList<LogSender> senders, ulong incarnation, bool isAlive)
    {
        var place = -1;
        for (var i = 0; i < senders.Count; i++)
            if (senders[i].Incarnation == incarnation) place = i;
        if (place >= 0 && senders[place].State == SenderState.Refused) return SenderVerdict.Copy;
        if (place >= 0 && senders[place].State == SenderState.Current) return SenderVerdict.Accepted;
        if (place >= 0 && !isAlive) return SenderVerdict.Late;
        var next = new List<LogSender>(senders.Count + 1);
        for (var i = 0; i < senders.Count; i++)
        {
            if (i == place) next.Add(new LogSender(incarnation, SenderState.Current));
            else if (senders[i].State == SenderState.Refused || (place >= 0 && i > place)) next.Add(senders[i] with { State = SenderState.Refused });
            else next.Add(senders[i] with { State = SenderState.Former });
        }
        if (place < 0) next.Add(new LogSender(incarnation, SenderState.Current));
        if (next.Count > SendersMax) next.RemoveAt(next.FindIndex(sender => sender.State != SenderState.Current));
        senders = next;
        return place < 0 ? SenderVerdict.Accepted : SenderVerdict.AcceptedBesideCopies;
    }
}

/// <summary>What becomes of a stream by who opened it.</summary>
internal enum SenderVerdict
{
    /// <summary>It is the gateway's.</summary>
    Accepted,
    /// <summary>It is the gateway's, and copies of it were found out by it; they are refused from now on.</summary>
    AcceptedBesideCopies,
    /// <summary>It comes from a copy.</summary>
    Copy,
    /// <summary>The greeting of a process that has ended came late.</summary>
    Late,
}
