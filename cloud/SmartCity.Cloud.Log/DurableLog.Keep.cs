using SmartCity.Model;

namespace SmartCity.Cloud.Log;

public sealed partial class DurableLog
{
    private const int TrimRowsMax = 2_000;
    private const long RowBytesMax = 8 << 20;

    /// <summary>Remembers how far a consumer is. Rows below the slowest one may be trimmed later.</summary>
    public Task SaveConsumerAsync(string name, long nextOffset, CancellationToken cancellationToken) =>
        RunAsync(() =>
        {
            _consumers[name] = nextOffset;
            _saveConsumer.Bind(1, name).Bind(2, nextOffset).Bind(3, SealOf(name, nextOffset)).Run();
        }, cancellationToken);

    /// <summary>Sets values aside that a consumer could not take; they leave the queue for the dead letters. One with a log offset is kept and counted once, however often it is set aside.</summary>
    public Task SetAsideAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) =>
        RunAsync(() =>
        {
            var now = UnixMicros.Now(_clock);
            foreach (var letter in letters)
            {
                var gateway = GatewayOf(letter.Gateway);
                Write(gateway, letter, now);
                if (SQLitePCL.raw.sqlite3_changes(_writer.Handle!) == 0) continue;
                CounterOf(gateway, letter.Lane).DeadLettered++;
            }
        }, cancellationToken);

    /// <summary>Drops dead letters for good; their values stay counted as dead-lettered.</summary>
    /// <param name="id">Which; null = all.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How many there were.</returns>
    public async Task<long> DiscardDeadLettersAsync(long? id, CancellationToken cancellationToken)
    {
        long dropped = 0;
        await RunAsync(() =>
        {
            using var delete = new Statement(_writer, "DELETE FROM dead_letter WHERE ?1=0 OR id=?1");
            delete.With(id ?? 0).Run();
            dropped = SQLitePCL.raw.sqlite3_changes(_writer.Handle!);
            _deadLetters -= dropped;
        }, cancellationToken).ConfigureAwait(false);
        return dropped;
    }

    /// <summary>
    /// Deletes rows that all <paramref name="consumers"/> have passed and that are older than <see cref="DurableLogOptions.KeepConsumed"/>,
    /// and more of them, the oldest first, while less than a tenth of the quota is free. A consumer that never reported holds everything.
    /// </summary>
    /// <returns>Values deleted.</returns>
    public async Task<long> TrimAsync(IReadOnlyList<string> consumers, CancellationToken cancellationToken)
    {
        long total = 0;
        while (true)
        {
            long deleted = 0;
            await RunAsync(() => deleted = Trim(consumers), cancellationToken).ConfigureAwait(false);
            total += deleted;
            if (deleted == 0) break;
        }
        await RunAsync(TrimHours, cancellationToken).ConfigureAwait(false);
        if (total > 0) _reserve.Keep();
        return total;
    }

    private long Trim(IReadOnlyList<string> consumers)
    {
        if (Volatile.Read(ref _holds) > 0) return 0;
        var passed = consumers.Count == 0 ? 0 : consumers.Min(name => _consumers.GetValueOrDefault(name));
        var old = UnixMicros.From(_clock.GetUtcNow() - _options.KeepConsumed);
        // The greatest row must fit into what is kept free.
        var keepBytes = Math.Min(_options.QuotaBytes / 10 * 9, _options.QuotaBytes - RowBytesMax);
        using var oldest = new Statement(_writer, "SELECT first_offset, count, received, length(columns) FROM row WHERE first_offset + count <= ?1 ORDER BY first_offset LIMIT ?2");
        oldest.With(passed, TrimRowsMax);
        long last = -1, bytes = 0, values = 0;
        while (oldest.Step())
        {
            if (oldest.Long(2) >= old && _bytes - bytes <= keepBytes && !_full) break;
            last = oldest.Long(0);
            values += oldest.Long(1);
            bytes += oldest.Long(3) + RowOverheadBytes;
        }
        oldest.Reset();
        if (last < 0) return 0;
        using var delete = new Statement(_writer, "DELETE FROM row WHERE first_offset <= ?");
        delete.With(last).Run();
        _bytes -= bytes;
        return values;
    }
}
