using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Live;
using SmartCity.Model;
using SmartCity.Protos.Uplink.V1;
using Lane = SmartCity.Model.Lane;

namespace SmartCity.Cloud.Server.Import;

/// <summary>
/// Takes the batches of one lane of one import into the log, by the same checks as a gateway's. Imports are a sender of their own, <see cref="Gateway"/>, with an epoch a file:
/// so they are counted in the audit, reach every consumer once, and never touch the numbers of a gateway.
/// </summary>
internal sealed class LogImporter(DurableLog log, ulong epoch, Lane lane, TimeProvider clock) : IDisposable
{
    /// <summary>Who sends what is imported. No gateway can have this id, since a gateway's has no @.</summary>
    public const string Gateway = "@import";

    private LaneIntake _intake = new(Gateway, epoch, lane, log, clock);
    private readonly ZstdSharp.Decompressor _zstd = new();

    /// <summary>Number of the last row in the log.</summary>
    public long Through => _intake.Next - 1;

    /// <summary>Appends a batch; ends when it is durable or refused.</summary>
    /// <exception cref="UplinkRefusal">It is none of this import.</exception>
    public async Task<ImportOutcome> TakeAsync(Batch batch, CancellationToken cancellationToken)
    {
        if (batch.Lane != (Protos.Uplink.V1.Lane)lane) throw new UplinkRefusal("E-IMPORT-LANE", Grpc.Core.StatusCode.InvalidArgument, $"The batch is of lane {batch.Lane}, not {Lanes.NameOf(lane)}.");
        if (batch.Epoch != epoch) throw new UplinkRefusal("E-IMPORT-EPOCH", Grpc.Core.StatusCode.InvalidArgument, $"The batch is of epoch {batch.Epoch}, not {epoch}.");
        var taken = _intake.Take(batch, _zstd);
        try
        {
            if (taken.Append is null) return new ImportOutcome(AppendStatus.Appended, Through, 0);
            var outcome = await log.AppendAsync(taken.Append, cancellationToken);
            // The intake counted what the log did not take.
            if (outcome.Status != AppendStatus.Appended) _intake = new LaneIntake(Gateway, epoch, lane, log, clock);
            return new ImportOutcome(outcome.Status, outcome.Through, outcome.Status == AppendStatus.Appended ? taken.Append.DeadLetters.Count : 0);
        }
        finally
        {
            taken.Columns?.Dispose();
            if (taken.Readings is not null) ReadingBatchPool.Return(taken.Readings);
        }
    }

    public void Dispose() => _zstd.Dispose();
}

/// <summary>How a batch of an import ended.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Through">Number of the last row in the log.</param>
/// <param name="DeadLettered">Rows of it that went to the dead letters.</param>
internal sealed record ImportOutcome(AppendStatus Status, long Through, int DeadLettered);
