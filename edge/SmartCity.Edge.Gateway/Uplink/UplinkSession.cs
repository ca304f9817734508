using Google.Protobuf;
using Grpc.Core;
using SmartCity.Edge.Spool;
using SmartCity.Model;
using SmartCity.Protos.Uplink.V1;
using WireLane = SmartCity.Protos.Uplink.V1.Lane;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>
/// One stream: Hello, Welcome, then two loops. The sending one takes what the spool holds, the most urgent lane and the oldest epoch
/// first, within the cloud's credit and without waiting for acknowledgements; the receiving one takes those and passes them on.
/// </summary>
internal sealed class UplinkSession(
    UplinkOptions options, SmartCity.Edge.Spool.Spool spool, IUplinkHost host, UplinkState state, ulong incarnation, TimeProvider clock, ILogger logger) : IDisposable
{
    private const int ReadAheadBytes = 1 << 20;
    // A gRPC message stays under 1 MiB: names beyond this go ahead in batches of their own, which carry no values.
    private const int NamesBytesMax = 256 << 10;

    private readonly UplinkCredit _credit = new();
    private readonly Signal _work = new();
    private readonly List<UplinkCursor> _cursors = [];
    private readonly ZstdSharp.Compressor _zstd = new(1);
    private byte[] _compressed = [];
    private Protos.Uplink.V1.Status? _reported;
    private long _reportedAt;
    private long _commandLook;
    private long _twinLook;
    private bool _takesCommandResults, _takesTwinReports;
    private long _lookedAt;

    public async Task RunAsync(Protos.Uplink.V1.UplinkService.UplinkServiceClient client, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = client.Uplink(cancellationToken: ending.Token);
        spool.Committed += _work.Set;
        host.CommandsChanged += _work.Set;
        try
        {
            var positions = spool.Positions();
            await call.RequestStream.WriteAsync(new UplinkRequest { Hello = Hello(positions) }, ending.Token);
            var welcome = await WelcomeAsync(call.ResponseStream, ending.Token);
            Take(welcome, positions);
            state.Opened(clock.GetUtcNow());
            logger.Opened(options.Files.Address, positions.Count, welcome.CreditBytes);

            var receiving = ReceiveAsync(call.ResponseStream, ending.Token);
            var sending = SendAsync(call.RequestStream, ending.Token);
            var first = await Task.WhenAny(receiving, sending);
            await ending.CancelAsync();
            await Task.WhenAll(receiving, sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // A failed write says only that the stream is closed; the reason stands on the receiving side.
            if (first == sending && receiving.IsFaulted) await receiving;
            await first;
        }
        finally
        {
            spool.Committed -= _work.Set;
            host.CommandsChanged -= _work.Set;
        }
    }

    public void Dispose() => _zstd.Dispose();

    private Hello Hello(IReadOnlyList<SpoolPosition> positions)
    {
        var hello = new Hello { Epoch = spool.Epoch, Incarnation = incarnation, Software = $"smartcity-gateway/{typeof(UplinkSession).Assembly.GetName().Version?.ToString(3)}" };
        foreach (var position in positions)
            hello.Lanes.Add(new LanePosition
            {
                Lane = (WireLane)position.Lane, Epoch = position.Epoch,
                FirstHeld = (ulong)position.FirstHeld, LastHeld = position.FirstHeld == 0 ? 0 : (ulong)position.Last,
            });
        return hello;
    }

    private static async Task<Welcome> WelcomeAsync(IAsyncStreamReader<UplinkResponse> responses, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            if (!await responses.MoveNext(patience.Token)) throw new IOException("the cloud closed the stream before its welcome");
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested && patience.IsCancellationRequested && error is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            throw new TimeoutException("the cloud did not answer the greeting in 15 s");
        }
        return responses.Current switch
        {
            { MessageCase: UplinkResponse.MessageOneofCase.Welcome } answer => answer.Welcome,
            { MessageCase: UplinkResponse.MessageOneofCase.Rejected } answer => throw new IOException($"refused by the cloud ({answer.Rejected.Code}): {answer.Rejected.Reason}"),
            var answer => throw new IOException($"the cloud answered the greeting with {answer.MessageCase}, not with its welcome"),
        };
    }

    private void Take(Welcome welcome, IReadOnlyList<SpoolPosition> positions)
    {
        host.ObserveServerTime(welcome.ServerTimeMicros);
        _credit.Grant(welcome.CreditBytes);
        (_takesCommandResults, _takesTwinReports) = (welcome.TakesCommandResults, welcome.TakesTwinReports);
        var marks = welcome.Watermarks.ToDictionary(mark => (mark.Epoch, (byte)mark.Lane));
        foreach (var lane in Lanes.ByPriority)
        {
            foreach (var position in positions.Where(position => position.Lane == (byte)lane && position.Epoch != spool.Epoch))
                Add(position, position.Last);
            Add(positions.FirstOrDefault(position => position.Lane == (byte)lane && position.Epoch == spool.Epoch) with { Epoch = spool.Epoch, Lane = (byte)lane }, null);
        }
        spool.Prove();

        void Add(SpoolPosition position, long? last)
        {
            var (through, names) = marks.TryGetValue((position.Epoch, position.Lane), out var mark) ? (mark.Through, mark.NamesKnown) : (0, 0);
            if (position.Epoch == spool.Epoch && through > (ulong)spool.LastSent(position.Lane))
            {
                logger.OlderThanCloud(Lanes.NameOf((Model.Lane)position.Lane), position.Epoch, through, position.Last);
                spool.BeginEpochAfterRollback();
                throw new IOException("this spool is older than what the cloud has of it; the next attempt is under a new epoch");
            }
            if (through > 0) host.Release(position.Epoch, position.Lane, (long)through);
            _cursors.Add(new UplinkCursor(position.Epoch, position.Lane, (long)through + 1, (int)names, last));
        }
    }

    private async Task SendAsync(IClientStreamWriter<UplinkRequest> requests, CancellationToken cancellationToken)
    {
        while (true)
        {
            var sent = false;
            foreach (var cursor in _cursors)
            {
                // After each entry the look begins anew at the most urgent lane.
                if (!cursor.TryTake(spool, ReadAheadBytes, out var entry)) continue;
                await (entry.Gap is null ? SendRowAsync(requests, cursor, entry, cancellationToken) : SendGapAsync(requests, entry, cancellationToken));
                sent = true;
                break;
            }
            await ReportAsync(requests, cancellationToken);
            if (_takesCommandResults)
                foreach (var result in host.CommandResults(ref _commandLook)) await requests.WriteAsync(new UplinkRequest { CommandResult = result }, cancellationToken);
            if (_takesTwinReports && host.TwinReport(ref _twinLook) is { } report) await requests.WriteAsync(new UplinkRequest { TwinReport = report }, cancellationToken);
            if (!sent) await _work.WaitAsync(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    private async Task SendRowAsync(IClientStreamWriter<UplinkRequest> requests, UplinkCursor cursor, SpoolEntry row, CancellationToken cancellationToken)
    {
        var batch = new Batch
        {
            Lane = (WireLane)row.Lane, Epoch = row.Epoch, FirstSequence = (ulong)row.First, Count = (uint)row.Count,
            ColumnsLength = (uint)row.Columns.Length, Crc32C = row.Crc32C,
        };
        await AddNamesAsync(requests, cursor, row, batch, cancellationToken);
        if (cursor.NamesSent < row.NamesThrough)
        {
            spool.GiveUp(row);
            await SendGapAsync(requests, row with { Gap = SpoolGap.Corrupt, Columns = [] }, cancellationToken);
            return;
        }
        Compress(row.Columns, batch);
        await _credit.SpendAsync(batch.Columns.Length, cancellationToken);
        var request = new UplinkRequest { Batch = batch };
        var bytes = request.CalculateSize();
        await requests.WriteAsync(request, cancellationToken);
        state.Sent(bytes, row.Count);
    }

    private async Task AddNamesAsync(IClientStreamWriter<UplinkRequest> requests, UplinkCursor cursor, SpoolEntry row, Batch batch, CancellationToken cancellationToken)
    {
        batch.FirstName = (uint)cursor.NamesSent;
        var bytes = 0;
        foreach (var blob in cursor.NamesSent < row.NamesThrough ? spool.Names(row.Epoch, row.Lane, cursor.NamesSent, row.NamesThrough) : [])
        {
            if (bytes + blob.Length > NamesBytesMax)
            {
                var ahead = new Batch { Lane = batch.Lane, Epoch = batch.Epoch, FirstSequence = batch.FirstSequence, FirstName = batch.FirstName };
                ahead.NewNames.Add(batch.NewNames);
                await requests.WriteAsync(new UplinkRequest { Batch = ahead }, cancellationToken);
                batch.NewNames.Clear();
                batch.FirstName = (uint)cursor.NamesSent;
                bytes = 0;
            }
            batch.NewNames.Add(SeriesName.Parser.ParseFrom(blob));
            cursor.NamesSent++;
            bytes += blob.Length;
        }
    }

    // The write has taken the bytes when it returns, so one buffer serves all batches.
    private void Compress(byte[] columns, Batch batch)
    {
        var bound = ZstdSharp.Compressor.GetCompressBound(columns.Length);
        if (_compressed.Length < bound) _compressed = new byte[bound];
        var length = _zstd.Wrap(columns, _compressed);
        if (length < columns.Length)
        {
            batch.Compression = Compression.Zstd;
            batch.Columns = UnsafeByteOperations.UnsafeWrap(_compressed.AsMemory(0, length));
        }
        else
        {
            batch.Columns = UnsafeByteOperations.UnsafeWrap(columns);
        }
    }

    private async Task SendGapAsync(IClientStreamWriter<UplinkRequest> requests, SpoolEntry gap, CancellationToken cancellationToken)
    {
        logger.Gap(gap.First, gap.Last, Lanes.NameOf((Model.Lane)gap.Lane), gap.Epoch, gap.Gap!.Value.ToString());
        await requests.WriteAsync(new UplinkRequest
        {
            Gap = new Gap { Lane = (WireLane)gap.Lane, Epoch = gap.Epoch, First = (ulong)gap.First, Last = (ulong)gap.Last, Reason = (Protos.Uplink.V1.GapReason)gap.Gap.Value },
        }, cancellationToken);
    }

    /// <summary>Sends the gateway's state each minute, and at most once a second when something in it that matters at once has changed.</summary>
    private async Task ReportAsync(IClientStreamWriter<UplinkRequest> requests, CancellationToken cancellationToken)
    {
        var now = clock.GetTimestamp();
        if (_reported is not null && clock.GetElapsedTime(_lookedAt, now) < TimeSpan.FromSeconds(1)) return;
        _lookedAt = now;
        var status = host.Status();
        var changed = _reported is null || status.ClockTrusted != _reported.ClockTrusted || status.DeadLetters != _reported.DeadLetters
            || status.ConnectedDevices != _reported.ConnectedDevices;
        if (!changed && clock.GetElapsedTime(_reportedAt, now) < options.StatusEvery) return;
        await requests.WriteAsync(new UplinkRequest { Status = status }, cancellationToken);
        (_reported, _reportedAt) = (status, now);
    }

    private async Task ReceiveAsync(IAsyncStreamReader<UplinkResponse> responses, CancellationToken cancellationToken)
    {
        await foreach (var response in responses.ReadAllAsync(cancellationToken))
        {
            state.Answered();
            switch (response.MessageCase)
            {
                case UplinkResponse.MessageOneofCase.Ack:
                    host.Release(response.Ack.Epoch, (byte)response.Ack.Lane, (long)response.Ack.Through);
                    break;
                case UplinkResponse.MessageOneofCase.Credit:
                    _credit.Grant(response.Credit.Bytes);
                    break;
                case UplinkResponse.MessageOneofCase.Command:
                    host.Execute(response.Command);
                    break;
                case UplinkResponse.MessageOneofCase.CommandStored:
                    host.CommandStored(response.CommandStored);
                    break;
                case UplinkResponse.MessageOneofCase.TwinPatch:
                    host.Desire(response.TwinPatch);
                    break;
                case UplinkResponse.MessageOneofCase.TwinStored:
                    host.TwinStored(response.TwinStored);
                    break;
                case UplinkResponse.MessageOneofCase.Rejected:
                    logger.Rejected(response.Rejected.Code, response.Rejected.Reason);
                    throw new IOException($"refused by the cloud ({response.Rejected.Code}): {response.Rejected.Reason}");
            }
        }
    }
}
