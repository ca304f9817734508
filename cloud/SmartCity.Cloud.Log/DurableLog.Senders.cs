namespace SmartCity.Cloud.Log;

public sealed partial class DurableLog
{
    /// <summary>The processes that sent as a gateway, in the order of their first streams.</summary>
    public IReadOnlyList<LogSender> SendersOf(string gateway)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT gateway, place, incarnation, state, seal FROM sender WHERE gateway=(SELECT ordinal FROM gateway WHERE id=?1) ORDER BY place");
                statement.Bind(1, gateway);
                var senders = new List<LogSender>();
                while (statement.Step())
                {
                    long[] fields = [statement.Long(0), statement.Long(1), statement.Long(2), statement.Long(3)];
                    // A damaged one is forgotten: a copy may then send once more before it is found out.
                    if (Seal.Check(SealKind.Sender, fields, statement.Maybe(4)) != SealVerdict.Damaged) senders.Add(new LogSender(unchecked((ulong)fields[2]), (SenderState)fields[3]));
                }
                return senders;
            });
        }
    }

    /// <summary>Keeps the processes that sent as a gateway in place of those known before; ends when they are durable.</summary>
    public Task SaveSendersAsync(string gateway, IReadOnlyList<LogSender> senders, CancellationToken cancellationToken) =>
        RunAsync(() =>
        {
            var ordinal = GatewayOf(gateway);
            using var clear = new Statement(_writer, "DELETE FROM sender WHERE gateway=?");
            clear.With(ordinal).Run();
            using var insert = new Statement(_writer, "INSERT INTO sender VALUES(?,?,?,?,?)");
            for (var i = 0; i < senders.Count; i++) Seal.Bind(insert, SealKind.Sender, ordinal, i, unchecked((long)senders[i].Incarnation), (long)senders[i].State).Run();
        }, cancellationToken);
}
