using System.Globalization;
using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>
/// Writes ICTX in the manner of E-ZPass v1.60: a header of 60 characters and lines of 201, ASCII, each ended by a line feed. A correction is a line of the same
/// serial that adds (<c>+</c>) or takes off (<c>-</c>) the change.
/// </summary>
internal static class IctxWriter
{
    /// <summary>Most that the field of the amount holds.</summary>
    public const long AmountMax = 499_999;

    public static void Write(Stream stream, Claim claim, IEnumerable<ClaimLine> lines)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(Header("ICTX", claim.Agency, claim.IssuerDigits, claim.Made, claim.Rows, claim.Sequence));
        foreach (var line in lines) writer.WriteLine(Line(claim, line));
    }

    /// <summary>Type 4, version 8, from 4, to 4, time 20, count 8, number of the file 12.</summary>
    internal static string Header(string type, string from, string to, long made, long rows, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{type}{"01.60",-8}{from}{to}{NiopWriter.TimeOf(made)}{rows:D8}{number:D12}");

    private static string Line(Claim claim, ClaimLine line)
    {
        var text = new StringBuilder(201);
        text.Append(line.Transaction.PadLeft(20, '0'));
        text.Append(line.Day.ToString("yyyyMMdd", CultureInfo.InvariantCulture));
        text.Append(claim.Agency);
        text.Append(line.Entry is null ? 'B' : 'C');
        text.Append(line.Entry is { } entry ? LocalOf(entry) : new string('*', 25));
        text.Append(PadTo(line.Entry?.Plaza, 15)).Append(PadTo(line.Entry?.Lane, 3));
        text.Append(claim.IssuerDigits).Append(line.Tag.PadLeft(10, '0'));
        // Read and write performance, program status: not measured here. Lane mode: by electronics.
        text.Append("****").Append('*').Append('E').Append('1');
        text.Append("**").Append(new string('*', 10)).Append(new string('*', 30));
        text.Append(line.Class.ToString("D3", CultureInfo.InvariantCulture));
        text.Append(line.Axles is { } axles and < 100 ? axles.ToString("D2", CultureInfo.InvariantCulture) : "**");
        text.Append("***").Append('*');
        text.Append(LocalOf(line.Exit)).Append(PadTo(line.Exit.Plaza, 15)).Append(PadTo(line.Exit.Lane, 3));
        text.Append(claim.Kind == ClaimKind.Claim ? ' ' : line.Change < 0 ? '-' : '+');
        text.Append((claim.Kind == ClaimKind.Claim ? line.Amount : Math.Abs(line.Change)).ToString("D9", CultureInfo.InvariantCulture));
        return text.ToString();
    }

    private static string LocalOf(ClaimPlace place) =>
        UnixMicros.ToTime(place.Time).ToOffset(TimeSpan.FromMinutes(place.OffsetMinutes)).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + NiopWriter.OffsetOf(place.OffsetMinutes);

    private static string PadTo(string? text, int width) => (text ?? "").PadRight(width, text is null ? '*' : ' ');
}
