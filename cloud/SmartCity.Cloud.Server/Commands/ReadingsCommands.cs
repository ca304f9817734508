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
    private static readonly Dictionary<string, string> _formats = new(StringComparer.Ordinal) { ["csv"] = CsvText.MediaType, ["parquet"] = ParquetRows.MediaType };

    public Command Create() => new("readings", "Exports and imports readings.") { Export(), new ReadingsImportCommand(args, data).Create() };

    private Command Export()
    {
        var devices = Many("--device", "Device ids, repeated or with commas.", "ID");
        devices.Required = true;
        var asked = new List<Option>
        {
            devices, Many("--metric", "Metric names, repeated or with commas; all where left out.", "NAME"),
            One("--from", "RFC 3339 or a date in the zone; a day before --to where left out.", "TIME"), One("--to", "The first instant after the range; now where left out.", "TIME"),
            One("--bucket", "day, week, month, or seconds, minutes or hours that divide a day: 30s, 5m, 1h. Raw readings where left out.", "WIDTH"),
            Many("--fn", "avg, min, max, sum, count, last; all where left out.", "NAME"),
            One("--tz", "IANA zone of dates and buckets; the city's where left out.", "ZONE"), One("--calendar", "gregorian or persian.", "NAME"),
        };
        var format = new Option<string>("--format") { Description = "csv or parquet.", HelpName = "csv|parquet", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong([.. _formats.Keys]);
        var file = new Option<string>("--file") { Description = "File to write, - for the standard output.", HelpName = "F|-", DefaultValueFactory = _ => "-" };
        var export = new Command("export", "Writes readings, or buckets of them, as CSV or Parquet; a file of raw readings can be imported again.");
        foreach (var option in asked) export.Add(option);
        export.Add(format);
        export.Add(file);
        export.SetAction(async (result, stop) =>
        {
            var query = new QueryBuilder();
            foreach (var option in asked)
                foreach (var value in option is Option<string[]> many ? result.GetValue(many) ?? [] : result.GetValue((Option<string>)option) is { } one ? [one] : Array.Empty<string>())
                    query.Add(option.Name.TrimStart('-'), value);
            await ExportAsync(result, query.ToString(), _formats[result.GetRequiredValue(format)], result.GetRequiredValue(file), stop);
            return ExitCode.Done;
        });
        return export;

        static Option<string[]> Many(string name, string description, string help) => new(name) { Description = description, HelpName = help };
        static Option<string> One(string name, string description, string help) => new(name) { Description = description, HelpName = help };
    }

    private async Task ExportAsync(ParseResult result, string query, string mediaType, string file, CancellationToken stop)
    {
        var socket = AdminSocket.FileIn(ServerSettings.DataOf(args, result, data));
        Func<Stream, Task> write = AdminSocket.Answers(socket) ? to => FromServerAsync(socket, query, mediaType, to, stop) : to => FromStoreAsync(result, query, mediaType, to, stop);
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
        if (mediaType == CsvText.MediaType)
        {
            await using var text = new TextOutput(result.InvocationConfiguration.Output);
            await write(text);
            return;
        }
        if (!Console.IsOutputRedirected) throw new CommandException(ExitCode.WrongUse, "Parquet is nothing for a terminal. Name a file with --file, or redirect the output.");
        await using var output = Console.OpenStandardOutput();
        await write(output);
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
