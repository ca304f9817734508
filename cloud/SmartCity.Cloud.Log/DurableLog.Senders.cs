namespace SmartCity.Cloud.Log;

public sealed partial class DurableLog
{
    /// <summary>The processes that sent as a gateway, in the order of their first streams.</summary>
    public IReadOnlyList<LogSender> SendersOf(string gateway)
    {
        lock (_read)
        {
            using var statement = new Statement(_reader, "SELECT incarnation, state FROM sender WHERE gateway=(SELECT ordinal FROM gateway WHERE id=?1) ORDER BY place");
            statement.Bind(1, gateway);
            var senders = new List<LogSender>();
            while (statement.Step()) senders.Add(new LogSender(unchecked((ulong)statement.Long(0)), (SenderState)statement.Long(1)));
            return senders;
        }
    }

    /// <summary>Keeps the processes that sent as a gateway in place of those known before; ends when they are durable.</summary>
    public Task SaveSendersAsync(string gateway, IReadOnlyList<LogSender> senders, CancellationToken cancellationToken) =>
        RunAsync(() =>
        {
            var ordinal = GatewayOf(gateway);
            using var clear = new Statement(_writer, "DELETE FROM sender WHERE gateway=?");
            clear.With(ordinal).Run();
            using var insert = new Statement(_writer, "INSERT INTO sender VALUES(?,?,?,?)");
            for (var i = 0; i < senders.Count; i++) insert.With(ordinal, i, unchecked((long)senders[i].Incarnation), (long)senders[i].State).Run();
        }, cancellationToken);
}
