using System.CommandLine;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>readings export</c>: rows of the store as a file, from the running server by its socket, or from the store of one that does not run.</summary>
internal sealed class ReadingsCommands(IReadOnlyList<string> args, Option<string> data)
{
    private const string LinesType = "text/x-line-protocol";
    private static readonly Dictionary<string, string> _formats = new(StringComparer.Ordinal) { ["csv"] = CsvText.MediaType, ["parquet"] = ParquetRows.MediaType, ["lp"] = LinesType };

    public Command Create() => new("readings", "Exports and imports readings.") { Export(), new ReadingsImportCommand(args, data).Create() };

    private Command Export()
    {
        var devices = Many("--device", "Device ids, repeated or with commas.", "ID");
        var asked = new List<Option>
        {
            devices, Many("--metric", "Metric names, repeated or with commas; all where left out.", "NAME"),
            One("--from", "RFC 3339 or a date in the zone; a day before --to where left out.", "TIME"), One("--to", "The first instant after the range; now where left out.", "TIME"),
            One("--bucket", "day, week, month, or seconds, minutes or hours that divide a day: 30s, 5m, 1h. Raw readings where left out.", "WIDTH"),
            Many("--fn", "avg, min, max, sum, count, last; all where left out.", "NAME"),
            One("--tz", "IANA zone of dates and buckets; the city's where left out.", "ZONE"), One("--calendar", "gregorian or persian.", "NAME"),
        };
        var format = new Option<string>("--format") { Description = "csv, parquet, or lp for line protocol.", HelpName = "csv|parquet|lp", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong([.. _formats.Keys]);
        var file = new Option<string>("--file") { Description = "File to write, - for the standard output.", HelpName = "F|-", DefaultValueFactory = _ => "-" };
        var folder = new Option<string>("--folder") { Description = "In place of a file: a folder with one of raw readings for each day of the zone from --from to --to, date=2026-11-24/readings-00001.parquet; of all devices where --device is left out. Days that are there are left alone, so that it can be given again.", HelpName = "DIR" };
        var export = new Command("export", "Writes readings, or buckets of them, as CSV, Parquet or line protocol; a file of raw readings can be imported again.");
        foreach (var option in asked) export.Add(option);
        export.Add(format);
        export.Add(file);
        export.Add(folder);
        export.SetAction(async (result, stop) =>
        {
            var query = new QueryBuilder();
            foreach (var option in asked)
                foreach (var value in option is Option<string[]> many ? result.GetValue(many) ?? [] : result.GetValue((Option<string>)option) is { } one ? [one] : Array.Empty<string>())
                    query.Add(option.Name.TrimStart('-'), value);
            var mediaType = _formats[result.GetRequiredValue(format)];
            if (mediaType == LinesType && result.GetValue((Option<string>)asked[4]) is not null) throw new CommandException(ExitCode.WrongUse, "Line protocol is of raw readings; leave --bucket out, or write CSV or Parquet.");
            if (result.GetValue(folder) is { } into)
            {
                if (result.GetValue((Option<string>)asked[4]) is not null) throw new CommandException(ExitCode.WrongUse, "--folder is of raw readings; leave --bucket out.");
                var days = new ExportFolder(into, result.GetRequiredValue(format), ServerSettings.DataOf(args, result, data), () => OptionsOf(result));
                return await days.RunAsync(result, result.GetValue(devices) ?? [], result.GetValue((Option<string[]>)asked[1]) ?? [], result.GetValue((Option<string>)asked[2]), result.GetValue((Option<string>)asked[3]), result.GetValue((Option<string>)asked[6]),
                    (day, path) => ExportAsync(result, day, mediaType, path, stop), stop);
            }
            if (result.GetValue(devices) is not { Length: > 0 }) throw new CommandException(ExitCode.WrongUse, "Name devices with --device; --folder alone takes all.");
            await ExportAsync(result, query.ToString(), mediaType, result.GetRequiredValue(file), stop);
            return ExitCode.Done;
        });
        return export;

        static Option<string[]> Many(string name, string description, string help) => new(name) { Description = description, HelpName = help };
        static Option<string> One(string name, string description, string help) => new(name) { Description = description, HelpName = help };
    }

    private async Task ExportAsync(ParseResult result, string query, string mediaType, string file, CancellationToken stop)
    {
        var socket = AdminSocket.FileIn(ServerSettings.DataOf(args, result, data));
        var source = mediaType == LinesType ? CsvText.MediaType : mediaType;
        Func<Stream, Task> rows = AdminSocket.Answers(socket) ? to => FromServerAsync(socket, query, source, to, stop) : to => FromStoreAsync(result, query, source, to, stop);
        var write = mediaType == LinesType ? to => AsLinesAsync(rows, to, result, stop) : rows;
        if (file != "-")
        {
            // Under its name stands only what is whole.
            var part = file + ".part";
            try
            {
                await using (var to = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None)) await write(to);
                File.Move(part, file, overwrite: true);
            }
            finally
            {
                File.Delete(part);
            }
            return;
        }
        if (mediaType != ParquetRows.MediaType)
        {
            await using var text = new TextOutput(result.InvocationConfiguration.Output);
            await write(text);
            return;
        }
        if (!Console.IsOutputRedirected) throw new CommandException(ExitCode.WrongUse, "Parquet is nothing for a terminal. Name a file with --file, or redirect the output.");
        await using var output = Console.OpenStandardOutput();
        await write(output);
    }

    /// <summary>Writes the rows of a source as line protocol while they come.</summary>
    private static async Task AsLinesAsync(Func<Stream, Task> rows, Stream to, ParseResult result, CancellationToken stop)
    {
        var pipe = new Pipe();
        var reading = Task.Run(async () =>
        {
            await using var into = pipe.Writer.AsStream();
            try
            {
                await rows(into);
            }
            catch (Exception error)
            {
                await pipe.Writer.CompleteAsync(error);
                throw;
            }
        }, stop);
        var left = 0L;
        try
        {
            left = await Task.Run(() => LineProtocolOutput.WriteAsync(pipe.Reader.AsStream(), to, stop), stop);
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            // Its own words before those of a reader that it left without rows.
            await reading;
        }
        if (left > 0) await result.InvocationConfiguration.Error.WriteLineAsync($"{left} readings are left out: line protocol spells finite numbers only.");
    }

    private static async Task FromServerAsync(string socket, string query, string mediaType, Stream to, CancellationToken stop)
    {
        try
        {
            using var server = AdminSocket.Connect(socket);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/readings" + query) { Headers = { { "Accept", mediaType } } };
            using var answer = await server.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            if (!answer.IsSuccessStatusCode)
                throw new CommandException(answer.StatusCode is System.Net.HttpStatusCode.BadRequest or System.Net.HttpStatusCode.UnprocessableEntity ? ExitCode.WrongUse : ExitCode.Failed,
                    AdminSocket.ReasonOf(await answer.Content.ReadAsStringAsync(stop)) ?? $"The server answers {(int)answer.StatusCode}.");
            await answer.Content.CopyToAsync(to, stop);
        }
        catch (HttpRequestException error)
        {
            throw new CommandException($"The server broke off: {error.Message} See its log, and export again.", error);
        }
    }

    private async Task FromStoreAsync(ParseResult result, string query, string mediaType, Stream to, CancellationToken stop)
    {
        var options = OptionsOf(result);
        if (!Directory.Exists(options.Data)) throw new CommandException(ExitCode.NotFound, $"{options.Data} holds no readings. Name the server's folder with --data.");
        var services = new ServiceCollection();
        services.AddLogging().AddReadingStore(options);
        await using var provider = services.BuildServiceProvider();
        await using var store = provider.GetRequiredService<IReadingStore>();
        try
        {
            await store.OpenAsync(stop);
            var parameters = new Parameters(new QueryCollection(QueryHelpers.ParseQuery(query)));
            var request = await ReadingsRequest.ReadAsync(parameters, store, _ => true, options.DuckDb.CityZone, UnixMicros.Now(TimeProvider.System), stop);
            if (parameters.Problem() is not null) throw new CommandException(ExitCode.WrongUse, string.Join('\n', parameters.Errors.Select(error => $"{error.Key}: {error.Value.In(Language.English)}")));
            var table = request.Bucket is { } width
                ? ReadingRows.Buckets(request, await store.BucketsAsync(new BucketQuery(request.Series, request.From, request.To, width, request.Zone, request.Calendar), stop))
                : ReadingRows.Raw(ReadingRows.Pages(store, request, null, stop));
            var output = PipeWriter.Create(to, new StreamPipeWriterOptions(leaveOpen: true));
            await RowsAnswer.WriteAsync(table, mediaType, output, stop);
            await output.CompleteAsync();
        }
        catch (Exception error) when (error is StoreUnavailableException or InvalidDataException)
        {
            throw new CommandException(error.Message, error);
        }
    }

    /// <summary>The settings; those of the embedded store where the server's own cannot be used, as an operator's without its certificates.</summary>
    private ServerOptions OptionsOf(ParseResult result)
    {
        try
        {
            return ServerSettings.Load(args, result, data).Get<ServerOptions>();
        }
        catch (SettingsException) when (File.Exists(Path.Combine(ServerSettings.DataOf(args, result, data), "readings", "readings.duckdb")))
        {
            return new ServerOptions { Data = ServerSettings.DataOf(args, result, data) };
        }
    }

    /// <summary>UTF-8 into a text writer, as a stream.</summary>
    private sealed class TextOutput(TextWriter output) : Stream
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var letters = new char[_decoder.GetCharCount(buffer, flush: false)];
            output.Write(letters, 0, _decoder.GetChars(buffer, letters, flush: false));
        }

        public override void Flush() => output.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
