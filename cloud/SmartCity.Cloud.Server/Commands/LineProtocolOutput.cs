using System.Text;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.TimeSeries.InfluxDb;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>Rows of raw readings in CSV, as the server gives them, written as line protocol while they come.</summary>
internal static class LineProtocolOutput
{
    private const int Due = 1 << 16;

    /// <summary>Writes all rows.</summary>
    /// <returns>Readings that line protocol cannot spell: numbers that are not finite.</returns>
    /// <exception cref="ImportStructureException">What comes is not what a server gives.</exception>
    public static async Task<long> WriteAsync(Stream csv, Stream to, CancellationToken cancellationToken)
    {
        var errors = new ImportErrors();
        // Nothing lies ahead of the end of time: what is stored is written.
        await using var rows = new CsvSource(csv, new ImportRules(errors, UnixMicros.Max - UnixMicros.PerDay));
        var lines = new StringBuilder();
        var left = 0L;
        while (await rows.ReadAsync(cancellationToken))
        {
            var row = rows.Row;
            if (!row.IsGood)
            {
                left++;
                continue;
            }
            var value = row.Text is { } text ? ReadingValue.Of(text) : ReadingValue.FromBits(row.Kind, row.Bits);
            if (!LineProtocol.TryAppend(lines, new Reading(row.Series, row.Time, row.Received, value, row.Quality))) left++;
            if (lines.Length >= Due) await FlushAsync();
        }
        await FlushAsync();
        return left;

        async Task FlushAsync()
        {
            await to.WriteAsync(Encoding.UTF8.GetBytes(lines.ToString()), cancellationToken);
            lines.Clear();
        }
    }
}
