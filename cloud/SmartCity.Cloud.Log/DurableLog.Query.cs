using SmartCity.Model;

namespace SmartCity.Cloud.Log;

public sealed partial class DurableLog
{
    private const int DeadLettersPageMax = 10_000;

    /// <summary>What is durable of one (gateway, epoch, lane); zeros where nothing is.</summary>
    public LanePosition PositionOf(string gateway, ulong epoch, Lane lane)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT position.gateway, epoch, lane, through, names, received, since, position.seal FROM position JOIN gateway ON ordinal=gateway WHERE epoch=?1 AND lane=?2 AND id=?3");
                statement.With(unchecked((long)epoch), (long)lane).Bind(3, gateway);
                if (!statement.Step()) return new LanePosition(gateway, epoch, lane, 0, 0);
                long[] fields = [statement.Long(0), statement.Long(1), statement.Long(2), statement.Long(3), statement.Long(4), statement.Long(5), statement.Long(6)];
                if (Seal.Check(SealKind.Position, fields, statement.Maybe(7)) == SealVerdict.Damaged) throw Wrong("position");
                return new LanePosition(gateway, epoch, lane, fields[3], (int)fields[4]);
            });
        }
    }

    /// <summary>Catalogue numbers of the names of one (gateway, epoch, lane), by their ids.</summary>
    public IReadOnlyList<int> NamesOf(string gateway, ulong epoch, Lane lane)
    {
        lock (_read)
        {
            // Asked first: names come in the transaction of the position that counts them.
            var known = PositionOf(gateway, epoch, lane).Names;
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT gateway, name.id, series, seal FROM name WHERE gateway=(SELECT ordinal FROM gateway WHERE id=?3) AND epoch=?1 AND lane=?2 ORDER BY name.id");
                statement.With(unchecked((long)epoch), (long)lane).Bind(3, gateway);
                var names = new List<int>();
                while (statement.Step())
                {
                    long[] fields = [statement.Long(0), unchecked((long)epoch), (long)lane, statement.Long(1), statement.Long(2)];
                    if (Seal.Check(SealKind.Name, fields, statement.Maybe(3)) == SealVerdict.Damaged || fields[3] != names.Count || fields[4] < 1 || fields[4] > Series.Count) throw Wrong("name");
                    names.Add((int)fields[4]);
                }
                // A damaged key leads a search past what is there.
                if (names.Count < known) throw Wrong("name");
                return names;
            });
        }
    }

    /// <summary>Checksum under which the numbers from <paramref name="firstSequence"/> came, where a row begins exactly there and is still held.</summary>
    public (uint WireCrc, long Sequences)? TakenAs(string gateway, ulong epoch, Lane lane, long firstSequence)
    {
        lock (_read)
        {
            return Guarded<(uint, long)?>(() =>
            {
                using var statement = new Statement(_reader, "SELECT first_offset, count, gateway, lane, epoch, first_sequence, sequences, received, wire_crc, crc, seal FROM row WHERE gateway=(SELECT ordinal FROM gateway WHERE id=?4) AND epoch=?1 AND lane=?2 AND first_sequence=?3");
                statement.With(unchecked((long)epoch), (long)lane, firstSequence).Bind(4, gateway);
                if (!statement.Step()) return null;
                var fields = RowFields(statement);
                // Of a damaged record nothing is said; that two send under one epoch must not be taken from it.
                return Seal.Check(SealKind.Row, fields, statement.Maybe(10)) != SealVerdict.Whole ? null : ((uint)fields[8], fields[6]);
            });
        }
    }

    /// <summary>Offset that a consumer reported last; 0 for one that never did.</summary>
    public long ConsumerOffset(string name)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT next_offset, seal FROM consumer WHERE name=?1");
                return statement.Bind(1, name).Step() && (statement.Maybe(1) is not { } seal || seal == SealOf(name, statement.Long(0))) ? statement.Long(0) : 0;
            });
        }
    }

    /// <summary>When the value at <paramref name="offset"/> was received, µs since 1970 UTC; null where nothing lies there yet.</summary>
    public long? ReceivedAt(long offset)
    {
        lock (_read)
        {
            return Guarded<long?>(() =>
            {
                using var statement = new Statement(_reader, "SELECT received FROM row WHERE first_offset + count > ?1 AND first_offset >= coalesce((SELECT max(first_offset) FROM row WHERE first_offset <= ?1), ?1) ORDER BY first_offset LIMIT 1");
                return statement.With(offset).Step() ? statement.Long(0) : null;
            });
        }
    }

    /// <summary>Completeness by gateway, lane and epoch.</summary>
    /// <param name="gateway">Only this gateway; null = all.</param>
    /// <param name="from">Only gaps recorded at or after this time, µs; null = all.</param>
    /// <param name="to">Only gaps recorded, and epochs begun, before this time, µs; null = all.</param>
    public IReadOnlyList<Completeness> Completeness(string? gateway = null, long? from = null, long? to = null)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var positions = new Statement(_reader, "SELECT ordinal, id, epoch, lane, through, received, since, names, position.seal FROM position JOIN gateway ON ordinal=gateway " +
                    "WHERE since < ?1 AND (?2='' OR id=?2) ORDER BY id, lane DESC, since, epoch");
                positions.With(to ?? long.MaxValue).Bind(2, gateway ?? "");
                using var gaps = new Statement(_reader, "SELECT first, last, reason, recorded, seal FROM gap WHERE gateway=? AND epoch=? AND lane=? AND recorded>=? AND recorded<? ORDER BY first");
                var found = new List<Completeness>();
                while (positions.Step())
                {
                    long[] place = [positions.Long(0), positions.Long(2), positions.Long(3), positions.Long(4), positions.Long(7), positions.Long(5), positions.Long(6)];
                    if (Seal.Check(SealKind.Position, place, positions.Maybe(8)) == SealVerdict.Damaged) throw Wrong("position");
                    var missing = new List<MissingRange>();
                    gaps.With(positions.Long(0), positions.Long(2), positions.Long(3), from ?? long.MinValue, to ?? long.MaxValue);
                    while (gaps.Step())
                    {
                        long[] fields = [positions.Long(0), positions.Long(2), positions.Long(3), gaps.Long(0), gaps.Long(1), gaps.Long(2), gaps.Long(3)];
                        if (Seal.Check(SealKind.Gap, fields, gaps.Maybe(4)) == SealVerdict.Damaged) throw Wrong("gap");
                        missing.Add(new MissingRange(fields[3], fields[4], (GapReason)fields[5], fields[6]));
                    }
                    gaps.Reset();
                    found.Add(new Completeness(positions.Text(1), (Lane)positions.Long(3), unchecked((ulong)place[1]), place[3] == 0 ? 0 : 1,
                        place[3], place[5], place[6], missing));
                }
                return found;
            });
        }
    }

    /// <summary>The audit terms at one instant.</summary>
    /// <param name="offsetOf">Next offset of the consumer that owns a lane.</param>
    public IReadOnlyList<LogAudit> Audit(Func<Lane, long> offsetOf)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                // One read transaction: counters and rows of the same commit.
                DatabaseHeader.Execute(_reader, "BEGIN");
                try
                {
                    var queued = new Dictionary<(long Gateway, Lane Lane), long>();
                    using var rows = new Statement(_reader, "SELECT gateway, sum(count) FROM row NOT INDEXED WHERE first_offset >= ?1 AND lane=?2 GROUP BY gateway");
                    foreach (var lane in Lanes.ByPriority)
                    {
                        rows.With(offsetOf(lane), (long)lane);
                        while (rows.Step()) queued[(rows.Long(0), lane)] = rows.Long(1);
                        rows.Reset();
                    }
                    using var counters = new Statement(_reader, "SELECT gateway, id, lane, accepted, dead_lettered, expired, counter.seal FROM counter JOIN gateway ON ordinal=gateway ORDER BY id, lane DESC");
                    var audit = new List<LogAudit>();
                    while (counters.Step())
                    {
                        long[] fields = [counters.Long(0), counters.Long(2), counters.Long(3), counters.Long(4), counters.Long(5)];
                        if (Seal.Check(SealKind.Counter, fields, counters.Maybe(6)) == SealVerdict.Damaged) throw Wrong("counter");
                        var lane = (Lane)fields[1];
                        audit.Add(new LogAudit(counters.Text(1), lane, fields[2], queued.GetValueOrDefault((fields[0], lane)), fields[3], fields[4]));
                    }
                    return audit;
                }
                finally
                {
                    DatabaseHeader.Execute(_reader, "COMMIT");
                }
            });
        }
    }

    /// <summary>Dead letters after <paramref name="after"/>, oldest first.</summary>
    /// <param name="after">Id of the last one seen; 0 from the start.</param>
    /// <param name="limit">Most to return, up to 10,000.</param>
    public IReadOnlyList<DeadLetter> DeadLetters(long after = 0, int limit = 100)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT dead_letter.id, gateway.id, lane, device, metric, kind, time, received, value, reason, recorded, coalesce(log_offset, -1), dead_letter.seal, gateway " +
                    "FROM dead_letter JOIN gateway ON ordinal=gateway WHERE dead_letter.id > ? ORDER BY dead_letter.id LIMIT ?");
                statement.With(after, Math.Clamp(limit, 0, DeadLettersPageMax));
                var letters = new List<DeadLetter>();
                while (statement.Step())
                {
                    var letter = new DeadLetter(statement.Long(0), statement.Text(1), (Lane)statement.Long(2), new SeriesKey(statement.Text(3), statement.Text(4)), (ValueKind)statement.Long(5),
                        statement.Long(6), statement.Long(7), statement.Text(8), statement.Text(9), statement.Long(10))
                    {
                        LogOffset = statement.Long(11) is var offset and >= 0 ? offset : null,
                    };
                    letters.Add(statement.Maybe(12) is not { } seal || seal == SealOf(statement.Long(13), letter, letter.Recorded) ? letter : letter with { IsDamaged = true });
                }
                return letters;
            });
        }
    }

    /// <summary>Ids of all gateways that ever sent, ordered.</summary>
    public IReadOnlyList<string> Gateways()
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT id FROM gateway ORDER BY id");
                var ids = new List<string>();
                while (statement.Step()) ids.Add(statement.Text(0));
                return ids;
            });
        }
    }
}
