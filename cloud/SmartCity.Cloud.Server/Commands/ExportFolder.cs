using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Extensions;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>An export into folders named as Hive names partitions, which DuckDB, Spark and others read as one table with a column <c>date</c>.</summary>
internal sealed class ExportFolder(string folder, string format, string data, Func<ServerOptions> options)
{
    /// <summary>Series of one file; the address of a question must stay short.</summary>
    private const int SeriesMax = 400, DevicesMax = 60;

    /// <summary>Writes what is not there yet.</summary>
    /// <param name="result">The command line, for words.</param>
    /// <param name="devices">Of these devices; all where there are none.</param>
    /// <param name="metrics">Of these metrics; all where there are none.</param>
    /// <param name="from">First day.</param>
    /// <param name="to">The day after the last one; today where left out.</param>
    /// <param name="zone">Whose days; the city's where left out.</param>
    /// <param name="write">Writes the answer to a question into a file.</param>
    /// <param name="stop">Breaks off between two files.</param>
    public async Task<int> RunAsync(ParseResult result, string[] devices, string[] metrics, string? from, string? to, string? zone, Func<string, string, Task> write, CancellationToken stop)
    {
        var settings = options();
        var name = zone ?? settings.DuckDb.CityZone;
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found)) throw new CommandException(ExitCode.WrongUse, $"--tz: there is no zone {name}. Asia/Tehran and UTC are such.");
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), found).DateTime);
        var (first, end) = (DayOf("--from", from) ?? throw new CommandException(ExitCode.WrongUse, "--folder needs --from, the first day."), DayOf("--to", to) ?? today);
        if (first >= end) throw new CommandException(ExitCode.WrongUse, "--from must lie before --to.");
        string[] asked = [.. devices.SelectMany(device => device.Split(',', StringSplitOptions.RemoveEmptyEntries))];
        var series = (await SeriesAsync(stop)).Where(key => (asked.Length == 0 || asked.Contains(key.Device)) && (metrics.Length == 0 || metrics.SelectMany(metric => metric.Split(',')).Contains(key.Metric))).ToList();
        if (series.Count == 0) throw new CommandException(ExitCode.NotFound, "No such series holds readings.");
        var parts = Parts(series);
        var progress = new ProgressLine(result.InvocationConfiguration.Error, folder);
        var (written, there) = (0, 0);
        for (var day = first; day < end; day = day.AddDays(1))
        {
            var date = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var place = Path.Combine(folder, $"date={date}");
            Directory.CreateDirectory(place);
            for (var part = 0; part < parts.Count; part++)
            {
                stop.ThrowIfCancellationRequested();
                progress.Show(date, (day.DayNumber - first.DayNumber + part / (double)parts.Count) / (end.DayNumber - first.DayNumber));
                var file = Path.Combine(place, string.Create(CultureInfo.InvariantCulture, $"readings-{part + 1:00000}.{format}"));
                // A day that goes on is written again.
                if (File.Exists(file) && day < today)
                {
                    there++;
                    continue;
                }
                var query = new QueryBuilder { { "from", date }, { "to", day.AddDays(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) }, { "tz", name } };
                foreach (var device in parts[part]) query.Add("device", device);
                foreach (var metric in metrics) query.Add("metric", metric);
                await write(query.ToString(), file);
                written++;
            }
        }
        progress.Clear();
        await result.InvocationConfiguration.Error.WriteLineAsync($"{written} files written{(there > 0 ? $", {there} were there" : "")}.");
        return ExitCode.Done;

        static DateOnly? DayOf(string option, string? text) => text is null ? null
            : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date
            : throw new CommandException(ExitCode.WrongUse, $"{option} {text}: with --folder a date is needed, e.g. 2026-11-24.");
    }

    /// <summary>Devices of each file, so that a file's question stays within what one may ask.</summary>
    private static List<List<string>> Parts(List<SeriesKey> series)
    {
        var parts = new List<List<string>> { new() };
        var count = 0;
        foreach (var device in series.GroupBy(key => key.Device, StringComparer.Ordinal))
        {
            if (parts[^1].Count > 0 && (count + device.Count() > SeriesMax || parts[^1].Count == DevicesMax))
            {
                parts.Add([]);
                count = 0;
            }
            parts[^1].Add(device.Key);
            count += device.Count();
        }
        return parts;
    }

    /// <summary>All series, of the running server or of the store of one that does not run.</summary>
    private async Task<List<SeriesKey>> SeriesAsync(CancellationToken stop)
    {
        var socket = AdminSocket.FileIn(data);
        var series = new List<SeriesKey>();
        if (!AdminSocket.Answers(socket))
        {
            if (!Directory.Exists(data)) throw new CommandException(ExitCode.NotFound, $"{data} holds no readings. Name the server's folder with --data.");
            var services = new ServiceCollection();
            services.AddLogging().AddReadingStore(options());
            await using var provider = services.BuildServiceProvider();
            var store = provider.GetRequiredService<IReadingStore>();
            await store.OpenAsync(stop);
            return [.. (await store.SeriesAsync(new SeriesFilter(), stop)).Select(one => one.Series)];
        }
        for (var path = "/api/v1/series?limit=1000"; path is not null;)
        {
            var page = await AdminSocket.AskAsync(socket, HttpMethod.Get, path, stop);
            series.AddRange(page.GetProperty("items").EnumerateArray().Select(item => new SeriesKey(item.GetProperty("device").GetString()!, item.GetProperty("metric").GetString()!)));
            path = page.TryGetProperty("next", out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null;
        }
        return series;
    }
}
