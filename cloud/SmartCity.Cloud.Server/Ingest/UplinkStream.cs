using System.Threading.Channels;
using Grpc.Core;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;
using SmartCity.Protos.Uplink.V1;
using Lane = SmartCity.Model.Lane;
using WireLane = SmartCity.Protos.Uplink.V1.Lane;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>
/// One stream of one gateway. Guarantee: an acknowledgement goes out after the log's commit, never before.
/// <code>
/// receive: message ─► LaneIntake (check, translate) ─► log ─┐ bounded by the gateway's credit
/// answer:  Ack (coalesced), Credit, live tap ◄── outcomes in order ◄┘
/// </code>
/// </summary>
internal sealed class UplinkStream(
    string gateway, DurableLog log, IngestOptions options, GatewayDirectory directory, IngestCounters counters, ILiveTap? tap, ISeriesNames names,
    TimeProvider clock, ILogger logger, IUplinkCommands? commands = null, IUplinkTwins? twins = null) : IDisposable
{
    private const int WaitingMax = 4096;
    /// <summary>Epochs of one gateway that one stream may speak of; a spool keeps 64.</summary>
    private const int EpochsMax = 128;

    private readonly Dictionary<(ulong Epoch, Lane Lane), LaneIntake> _lanes = [];
    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(WaitingMax) { SingleReader = true, SingleWriter = true });
    private readonly ZstdSharp.Decompressor _zstd = new();
    private readonly Dictionary<(ulong Epoch, Lane Lane), long> _acknowledge = [];
    private long _granted;
    private long _spent;
    private long _owed;

    public void Dispose() => _zstd.Dispose();

    /// <summary>Waits for the stream's greeting.</summary>
    /// <exception cref="UplinkRefusal">It does not come, or is none.</exception>
    public async Task<Hello> GreetAsync(IAsyncStreamReader<UplinkRequest> requests, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.HelloWithin);
        try
        {
            if (await requests.MoveNext(patience.Token) && requests.Current.MessageCase == UplinkRequest.MessageOneofCase.Hello)
            {
                var hello = requests.Current.Hello;
                if (hello.Epoch == 0) throw new UplinkRefusal("E-UPLINK-HELLO", StatusCode.InvalidArgument, "the greeting has no epoch; epochs are random numbers other than 0.");
                if (hello.Lanes.Count > EpochsMax * Lanes.ByPriority.Count) throw new UplinkRefusal("E-UPLINK-HELLO", StatusCode.InvalidArgument, $"the greeting names {hello.Lanes.Count} lanes; at most {EpochsMax} epochs of {Lanes.ByPriority.Count} lanes.");
                return hello;
            }
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException && patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new UplinkRefusal("E-UPLINK-HELLO", StatusCode.DeadlineExceeded, $"no greeting within {options.HelloWithin.TotalSeconds:0} s; a stream begins with Hello.");
        }
        throw new UplinkRefusal("E-UPLINK-HELLO", StatusCode.FailedPrecondition, "a stream begins with Hello.");
    }

    /// <summary>Takes what follows the greeting, to the stream's end.</summary>
    public async Task RunAsync(Hello hello, IAsyncStreamReader<UplinkRequest> requests, IServerStreamWriter<UplinkResponse> responses, string? remote, CancellationToken cancellationToken)
    {
        directory.Update(gateway, clock.GetUtcNow(), state => state with
        {
            Connected = true, Since = clock.GetUtcNow(), Remote = remote, Software = Shortened(hello.Software), Epoch = hello.Epoch, Refusal = null,
        });
        logger.Opened(gateway, remote, hello.Epoch, Shortened(hello.Software));
        await responses.WriteAsync(new UplinkResponse { Welcome = Welcome(hello) }, cancellationToken);
        if (commands is not null) await commands.OpenedAsync(gateway, responses, cancellationToken);
        if (twins is not null) await twins.OpenedAsync(gateway, responses, cancellationToken);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answering = AnswerAsync(responses, ending.Token);
        var receiving = ReceiveAsync(requests, responses, ending.Token);
        // An answer that fails (the log is full, the link is gone) ends the receiving too; what was received is still answered.
        var first = await Task.WhenAny(receiving, answering);
        if (first == answering && !answering.IsCompletedSuccessfully) await ending.CancelAsync();
        await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _waiting.Writer.TryComplete();
        await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await LetGoAsync();
        if (answering.IsFaulted) await answering;
        await receiving;
        await answering;
    }

    private Welcome Welcome(Hello hello)
    {
        foreach (var position in hello.Lanes) Know(position.Epoch, LaneOf(position.Lane));
        foreach (var lane in Lanes.ByPriority) Know(hello.Epoch, lane);
        var welcome = new Welcome { ServerTimeMicros = UnixMicros.Now(clock), CreditBytes = (ulong)Grant(options.WindowBytes), TakesCommandResults = commands is not null, TakesTwinReports = twins is not null };
        foreach (var lane in _lanes.Values)
            welcome.Watermarks.Add(new LaneWatermark { Epoch = lane.Epoch, Lane = (WireLane)lane.Lane, Through = (ulong)(lane.Next - 1), NamesKnown = (uint)lane.Names });
        return welcome;
    }

    private void Know(ulong epoch, Lane lane)
    {
        if (!_lanes.ContainsKey((epoch, lane))) _lanes.Add((epoch, lane), new LaneIntake(gateway, epoch, lane, log, clock));
    }

    // By name, not by number: what is on the wire may be beyond what the model's byte holds.
    internal static Lane LaneOf(WireLane lane) => Enum.IsDefined(lane) && lane != WireLane.Unspecified
        ? (Lane)lane
        : throw new UplinkRefusal("E-UPLINK-LANE", StatusCode.InvalidArgument, $"lane {(int)lane} is not known; use 1 telemetry, 2 alarm or 3 toll.");

    private LaneIntake IntakeOf(ulong epoch, WireLane lane) => _lanes.TryGetValue((epoch, LaneOf(lane)), out var intake)
        ? intake
        : throw new UplinkRefusal("E-UPLINK-EPOCH", StatusCode.PermissionDenied, $"epoch {epoch} stood neither in the greeting nor among its lanes. Open a new stream.") { Lane = lane, Epoch = epoch };

    private async Task ReceiveAsync(IAsyncStreamReader<UplinkRequest> requests, IServerStreamWriter<UplinkResponse> responses, CancellationToken cancellationToken)
    {
        while (await requests.MoveNext(cancellationToken))
        {
            switch (requests.Current.MessageCase)
            {
                case UplinkRequest.MessageOneofCase.Batch:
                    await TakeAsync(requests.Current.Batch, cancellationToken);
                    break;
                case UplinkRequest.MessageOneofCase.Gap:
                    await TakeAsync(requests.Current.Gap, cancellationToken);
                    break;
                case UplinkRequest.MessageOneofCase.Status:
                    var status = requests.Current.Status;
                    directory.Update(gateway, clock.GetUtcNow(), state => state with { Status = status, LastStatus = clock.GetUtcNow() });
                    break;
                case UplinkRequest.MessageOneofCase.CommandResult:
                    if (commands is not null) await commands.TakeAsync(gateway, requests.Current.CommandResult, responses, cancellationToken);
                    break;
                case UplinkRequest.MessageOneofCase.TwinReport:
                    if (twins is not null) await twins.TakeAsync(gateway, requests.Current.TwinReport, responses, cancellationToken);
                    break;
                case UplinkRequest.MessageOneofCase.Hello:
                    throw new UplinkRefusal("E-UPLINK-HELLO", StatusCode.FailedPrecondition, "a second Hello on one stream. Open a new stream instead.");
                default:
                    throw new UplinkRefusal("E-UPLINK-MESSAGE", StatusCode.InvalidArgument, "a message without content.");
            }
        }
    }

    private async Task TakeAsync(Batch batch, CancellationToken cancellationToken)
    {
        var bytes = batch.Columns.Length;
        counters.Came(bytes);
        _spent += bytes;
        if (_spent > Volatile.Read(ref _granted))
            throw new UplinkRefusal("E-UPLINK-CREDIT", StatusCode.ResourceExhausted, $"{_spent} bytes were sent, {Volatile.Read(ref _granted)} granted. Wait for Credit.");
        var intake = IntakeOf(batch.Epoch, batch.Lane);
        var taken = intake.Take(batch, _zstd);
        if (taken.Repeated > 0) counters.Repeated(taken.Repeated);
        var waiting = new Waiting(intake.Epoch, intake.Lane, intake.Next - 1, bytes, taken.Append, taken.Columns, taken.Readings);
        await HandOverAsync(waiting, cancellationToken);
    }

    private async Task TakeAsync(Gap gap, CancellationToken cancellationToken)
    {
        var intake = IntakeOf(gap.Epoch, gap.Lane);
        var append = intake.Take(gap);
        if (append is not null) logger.Gap(gateway, gap.First, gap.Last, Lanes.NameOf(intake.Lane), gap.Epoch, gap.Reason.ToString());
        await HandOverAsync(new Waiting(intake.Epoch, intake.Lane, intake.Next - 1, 0, append, null, null), cancellationToken);
    }

    private async Task HandOverAsync(Waiting waiting, CancellationToken cancellationToken)
    {
        try
        {
            if (waiting.Append is not null) waiting.Outcome = await log.EnqueueAsync(waiting.Append, cancellationToken);
            await _waiting.Writer.WriteAsync(waiting, cancellationToken);
        }
        catch
        {
            // Once the log has it, it must be waited for, or its memory would be used again under the log's hands.
            if (waiting.Outcome is { } outcome) await ((Task)outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            waiting.GiveBack();
            throw;
        }
    }

    private async Task AnswerAsync(IServerStreamWriter<UplinkResponse> responses, CancellationToken cancellationToken)
    {
        while (true)
        {
            var more = _waiting.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            // While credit is owed the log is full; look again each second whether it has room.
            while (_owed > 0 && !more.IsCompleted)
            {
                await Task.WhenAny(more, Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                await PayCreditAsync(responses, cancellationToken);
            }
            if (!await more) return;
            while (_waiting.Reader.TryRead(out var waiting))
            {
                await SettleAsync(waiting);
                // Outcomes that are there already share one acknowledgement.
                if (_waiting.Reader.TryPeek(out var next) && next.IsDone) continue;
                await AcknowledgeAsync(responses, cancellationToken);
                await PayCreditAsync(responses, cancellationToken);
            }
        }
    }

    private async Task SettleAsync(Waiting waiting)
    {
        try
        {
            if (waiting.Outcome is { } appended)
            {
                var outcome = await appended;
                switch (outcome.Status)
                {
                    case AppendStatus.Appended:
                        break;
                    case AppendStatus.DeadLettersFull:
                        throw new UplinkRefusal("E-UPLINK-DEADLETTERS", StatusCode.ResourceExhausted, "the cloud's dead letters are full. An operator must look at them and discard them (smartcity dead-letter list, discard).");
                    case AppendStatus.Full:
                        throw new UplinkRefusal("E-UPLINK-FULL", StatusCode.ResourceExhausted, "the cloud's log is full; it has room again when its consumers have moved on or the volume has space. Keep the data and try later.");
                    default:
                        throw new UplinkRefusal("E-UPLINK-SEQUENCE", StatusCode.Aborted, $"lane {Lanes.NameOf(waiting.Lane)} stands at {outcome.Through}. Open a new stream.")
                        {
                            Lane = (WireLane)waiting.Lane, Epoch = waiting.Epoch, ExpectedFirst = (ulong)outcome.Through + 1,
                        };
                }
                counters.Appended(waiting.Append!.Sequences);
                if (waiting.Append.Sequences > 0) directory.Update(gateway, clock.GetUtcNow(), state => state with { LastBatch = clock.GetUtcNow() });
                GoLive(waiting);
            }
            _acknowledge[(waiting.Epoch, waiting.Lane)] = waiting.Through;
            _owed += waiting.WireBytes;
        }
        finally
        {
            waiting.GiveBack();
        }
    }

    private void GoLive(Waiting waiting)
    {
        if (tap is null || waiting.Readings is not { Count: > 0 } readings) return;
        waiting.Readings = null;
        tap.Offer(new LiveBatch(gateway, waiting.Lane, readings, names));
    }

    private async Task AcknowledgeAsync(IServerStreamWriter<UplinkResponse> responses, CancellationToken cancellationToken)
    {
        foreach (var ((epoch, lane), through) in _acknowledge)
            if (through > 0) await responses.WriteAsync(new UplinkResponse { Ack = new Ack { Epoch = epoch, Lane = (WireLane)lane, Through = (ulong)through } }, cancellationToken);
        _acknowledge.Clear();
    }

    private async Task PayCreditAsync(IServerStreamWriter<UplinkResponse> responses, CancellationToken cancellationToken)
    {
        // In halves of the window: a credit a batch would cost a message each.
        if (_owed == 0 || (_owed < options.WindowBytes / 2 && _waiting.Reader.TryPeek(out _))) return;
        var paid = Grant(_owed);
        if (paid == 0) return;
        _owed -= paid;
        await responses.WriteAsync(new UplinkResponse { Credit = new Credit { Bytes = (ulong)paid } }, cancellationToken);
    }

    /// <summary>Grants up to <paramref name="bytes"/>; what the log has no room for is owed.</summary>
    private long Grant(long bytes)
    {
        // Columns lie in the log uncompressed, up to about eight times what was sent; several gateways share the room.
        var granted = log.Room / 8 >= bytes ? bytes : 0;
        if (granted == 0 && _granted == 0) _owed = bytes;
        Interlocked.Add(ref _granted, granted);
        return granted;
    }

    /// <summary>After a failure: waits for what the log still has and gives the memory back.</summary>
    private async Task LetGoAsync()
    {
        while (_waiting.Reader.TryRead(out var waiting))
        {
            if (waiting.Outcome is { } outcome) await ((Task)outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            waiting.GiveBack();
        }
    }

    private static string Shortened(string text) => text.Length <= 100 ? text : text[..100];

    private sealed class Waiting(ulong epoch, Lane lane, long through, int wireBytes, LogAppend? append, PooledColumns? columns, ReadingBatch? readings)
    {
        public ulong Epoch { get; } = epoch;
        public Lane Lane { get; } = lane;
        public long Through { get; } = through;
        public int WireBytes { get; } = wireBytes;
        public LogAppend? Append { get; } = append;
        public ReadingBatch? Readings { get; set; } = readings;
        public Task<AppendOutcome>? Outcome { get; set; }
        public bool IsDone => Outcome is null || Outcome.IsCompleted;

        public void GiveBack()
        {
            columns?.Dispose();
            if (Readings is not null) ReadingBatchPool.Return(Readings);
            Readings = null;
        }
    }
}
