using System.Globalization;
using System.Net.Http.Json;
using Google.Protobuf;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using Batch = SmartCity.Protos.Uplink.V1.Batch;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>What a checked file gives to one lane of the log.</summary>
/// <param name="Path">The file, for words.</param>
/// <param name="Epoch">Made of its content.</param>
/// <param name="Lane">Where it goes.</param>
/// <param name="Rows">How many numbers it has in that lane.</param>
/// <param name="After">The batches with the numbers after one, told how far the file is by a share of 0–1.</param>
internal sealed record ImportLoad(string Path, ulong Epoch, Lane Lane, long Rows, Func<long, Action<double>, IAsyncEnumerable<Batch>> After);

/// <summary>Hands files over: to the running server of a folder by its socket, or into the log of one that does not run.</summary>
internal sealed class ImportHands(string folder, TimeProvider clock)
{
    private static readonly TimeSpan _retryAfter = TimeSpan.FromSeconds(1);

    /// <returns>Rows that were in the log before, and those that went to the dead letters.</returns>
    /// <exception cref="CommandException">It could not be handed over, or not to its end.</exception>
    public async Task<(long Before, long DeadLettered)> GiveAsync(ImportLoad load, ProgressLine progress, CancellationToken stop)
    {
        var socket = AdminSocket.FileIn(folder);
        try
        {
            if (AdminSocket.Answers(socket))
            {
                using var server = AdminSocket.Connect(socket);
                var path = string.Create(CultureInfo.InvariantCulture, $"/api/v1/imports/{load.Epoch}/{Lanes.NameOf(load.Lane)}");
                return await GiveAsync(load, (await AskAsync(server, new HttpRequestMessage(HttpMethod.Get, path), stop)).Through,
                    batch => AskAsync(server, new HttpRequestMessage(HttpMethod.Post, path + "/batches") { Content = new ByteArrayContent(batch.ToByteArray()) }, stop), progress, stop);
            }
            if (!File.Exists(Path.Combine(folder, "log", DurableLogOptions.FileName))) throw new CommandException(ExitCode.NotFound, $"{folder} holds no log. Name the server's folder with --data.");
            using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(folder, "log") }, clock);
            using var importer = new LogImporter(log, load.Epoch, load.Lane, clock);
            return await GiveAsync(load, importer.Through, batch => importer.TakeAsync(batch, stop), progress, stop);
        }
        catch (Exception error) when (error is LogInUseException or LogBrokenException or InvalidDataException or HttpRequestException or UplinkRefusal)
        {
            throw new CommandException($"{load.Path}: {error.Message} Import the same file again to go on where this ended.", error);
        }
    }

    private async Task<(long Before, long DeadLettered)> GiveAsync(ImportLoad load, long before, Func<Batch, Task<ImportOutcome>> take, ProgressLine progress, CancellationToken stop)
    {
        var deadLettered = 0L;
        if (before >= load.Rows) return (before, 0);
        await foreach (var batch in load.After(before, share => progress.Show("imported", share)))
        {
            while (true)
            {
                var outcome = await take(batch);
                if (outcome.Status == AppendStatus.Appended)
                {
                    deadLettered += outcome.DeadLettered;
                    break;
                }
                if (outcome.Status == AppendStatus.DeadLettersFull) throw new CommandException($"{load.Path}: the dead letters are full. Look at them and discard them (smartcity dead-letter list, discard), then import the same file again.");
                if (outcome.Status == AppendStatus.OutOfOrder) throw new CommandException($"{load.Path}: another import of the same file is under way. Wait for its end.");
                // The log is full until its consumers have moved on.
                progress.Show("waits for room in the log,", (double)outcome.Through / load.Rows);
                await Task.Delay(_retryAfter, clock, stop);
            }
        }
        return (before, deadLettered);
    }

    private static async Task<ImportOutcome> AskAsync(HttpClient server, HttpRequestMessage request, CancellationToken stop)
    {
        using (request)
        {
            using var answer = await server.SendAsync(request, stop);
            if (answer.IsSuccessStatusCode) return (await answer.Content.ReadFromJsonAsync<ImportOutcome>(ApiJson.Answers, stop))!;
            throw new CommandException(AdminSocket.ReasonOf(await answer.Content.ReadAsStringAsync(stop)) ?? $"The server answers {(int)answer.StatusCode}.");
        }
    }
}
