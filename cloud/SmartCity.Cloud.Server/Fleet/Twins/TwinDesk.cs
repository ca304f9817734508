using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Devices.Twins;
using SmartCity.Model;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Fleet.Twins;

/// <summary>
/// Sends each connected gateway its desired state, when its stream opens and when it changes, and keeps what it reports. Guarantee: the last document on a
/// stream is the newest one.
/// </summary>
internal sealed class TwinDesk : IUplinkTwins, IDisposable
{
    /// <summary>Longest report; a document with what is said of it.</summary>
    private const int ReportBytesMax = TwinJson.BytesMax + (64 << 10);
    private const int ReasonMax = 2_000;

    private readonly TwinStore _store;
    private readonly TwinChanges _changes;
    private readonly TimeProvider _clock;
    private readonly ILogger<TwinDesk> _logger;
    private readonly ConcurrentDictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    public TwinDesk(TwinStore store, TwinChanges changes, TimeProvider clock, ILogger<TwinDesk> logger)
    {
        (_store, _changes, _clock, _logger) = (store, changes, clock, logger);
        changes.Changed += Send;
    }

    /// <inheritdoc/>
    public async Task OpenedAsync(string gateway, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken)
    {
        var opened = new Line(line);
        _lines[gateway] = opened;
        await opened.InTurn(() => SendAsync(gateway, opened, cancellationToken));
    }

    /// <inheritdoc/>
    public void Closed(string gateway, IServerStreamWriter<UplinkResponse> line)
    {
        if (_lines.TryGetValue(gateway, out var present) && present.Writer == line) _lines.TryRemove(KeyValuePair.Create(gateway, present));
    }

    /// <inheritdoc/>
    public async Task TakeAsync(string gateway, TwinReport report, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken)
    {
        if (report.Json.Length > ReportBytesMax) throw new UplinkRefusal("E-UPLINK-TWIN", StatusCode.InvalidArgument, $"a report has {report.Json.Length} bytes; at most {ReportBytesMax}.");
        var state = report.State switch
        {
            TwinState.Applied => "applied",
            TwinState.Trial => "trial",
            TwinState.RolledBack => "rolledBack",
            TwinState.Refused => "refused",
            _ => throw new UplinkRefusal("E-UPLINK-TWIN", StatusCode.InvalidArgument, $"the state of a report is {(int)report.State}; use 1 applied, 2 trial, 3 rolled back or 4 refused."),
        };
        string document;
        string? reason;
        try
        {
            using var read = TwinJson.Read(report.Json.Memory);
            if (read.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("an object is needed.");
            document = Encoding.UTF8.GetString(TwinJson.Canonical(read.RootElement));
            reason = read.RootElement.TryGetProperty("reason", out var why) && why.ValueKind == JsonValueKind.String ? why.GetString() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new UplinkRefusal("E-UPLINK-TWIN", StatusCode.InvalidArgument, $"a report is no JSON object: {error.Message}");
        }
        if (reason?.Length > ReasonMax) reason = reason[..ReasonMax] + "…";
        try
        {
            _store.Report(new ReportedTwin(gateway, 0, UnixMicros.Now(_clock), (long)Math.Min(report.Version, long.MaxValue), state, reason, document));
        }
        catch (SqliteException error)
        {
            _logger.ReportNotKept(gateway, error.Message);
            return;
        }
        if (_waiting.TryRemove(gateway, out var waiting)) waiting.TrySetResult();
        await line.WriteAsync(new UplinkResponse { TwinStored = new TwinStored { Number = report.Number } }, cancellationToken);
    }

    /// <summary>Waits until a gateway has reported of a version or a later one, or for so long.</summary>
    /// <returns>What it last reported; null where it never has.</returns>
    public async Task<ReportedTwin?> WaitAsync(string gateway, long version, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var begin = _clock.GetTimestamp();
        while (true)
        {
            // Asked for before the look, so that no report falls between.
            var told = _waiting.GetOrAdd(gateway, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var reported = _store.Reported(gateway);
            var left = atMost - _clock.GetElapsedTime(begin);
            if (reported?.Version >= version || left <= TimeSpan.Zero) return reported;
            await told.Task.WaitAsync(left, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void Dispose() => _changes.Changed -= Send;

    private void Send(string gateway)
    {
        // Not waited for, and not ended with the caller's request: a write that is given up takes the gateway's stream with it.
        if (_lines.TryGetValue(gateway, out var line)) _ = line.InTurn(() => SendAsync(gateway, line, CancellationToken.None));
    }

    private async Task SendAsync(string gateway, Line line, CancellationToken cancellationToken)
    {
        try
        {
            var desired = _store.Desired(gateway);
            if (desired.Version == 0) return;
            await line.Writer.WriteAsync(new UplinkResponse
            {
                TwinPatch = new TwinPatch { Version = (ulong)desired.Version, Json = ByteString.CopyFromUtf8(desired.Document), Hash = ByteString.CopyFrom(Convert.FromHexString(desired.Hash)) },
            }, cancellationToken);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or ObjectDisposedException or RpcException)
        {
            // The link is gone; the next one brings it.
        }
        catch (SqliteException error)
        {
            _logger.DesiredNotRead(gateway, error.Message);
        }
    }

    /// <summary>A stream's way back, on which one document after the other is looked up and written: what is written later is never older.</summary>
    private sealed class Line(IServerStreamWriter<UplinkResponse> writer)
    {
        private readonly Lock _gate = new();
        private Task _last = Task.CompletedTask;

        public IServerStreamWriter<UplinkResponse> Writer => writer;

        public Task InTurn(Func<Task> send)
        {
            lock (_gate) return _last = AfterAsync(_last, send);
        }

        private static async Task AfterAsync(Task before, Func<Task> send)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await send();
        }
    }
}

internal static partial class TwinDeskLog
{
    [LoggerMessage(50, LogLevel.Warning, "What gateway {Gateway} reports of its configuration cannot be kept for now; it reports it again: {Reason}")]
    public static partial void ReportNotKept(this ILogger logger, string gateway, string reason);

    [LoggerMessage(51, LogLevel.Warning, "The desired configuration of gateway {Gateway} cannot be read for now; it gets it with its next stream: {Reason}")]
    public static partial void DesiredNotRead(this ILogger logger, string gateway, string reason);
}
