using System.Globalization;
using System.Text;

namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>
/// Reads ICRX in the manner of E-ZPass: the header of <see cref="IctxWriter.Header"/>, whose number is that of the claim, and lines of 59 characters: serial 20,
/// status 4, plan 5, debit or credit 1, amount 9, serial of the duplicate 20.
/// </summary>
internal static class IcrxReader
{
    private const int HeaderLength = 60, LineLength = 59;

    private static readonly Dictionary<string, Disposition> _statuses = new(StringComparer.Ordinal)
    {
        ["POST"] = Disposition.Posted, ["PPST"] = Disposition.Posted, ["RJDP"] = Disposition.Duplicate, ["TAGB"] = Disposition.Invalid, ["NPST"] = Disposition.NotPosted,
        ["ACCB"] = Disposition.NotOnFile, ["ACCC"] = Disposition.NotOnFile, ["RINV"] = Disposition.Content, ["OLD1"] = Disposition.TooOld, ["OLD2"] = Disposition.TooOld, ["OLD3"] = Disposition.TooOld,
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="FileRefusedException">It is not what is expected.</exception>
    public static AnswerFile Read(ReadOnlyMemory<byte> content)
    {
        if (content.Span.IndexOfAnyExceptInRange((byte)' ', (byte)'~') is >= 0 and var odd && content.Span[odd] is not ((byte)'\n' or (byte)'\r'))
            throw new FileRefusedException(string.Create(CultureInfo.InvariantCulture, $"byte {odd + 1}"), "only ASCII text stands in an ICRX");
        var lines = Encoding.ASCII.GetString(content.Span).Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        if (lines is not [{ Length: HeaderLength } header, ..] || !header.StartsWith("ICRX", StringComparison.Ordinal)) throw new FileRefusedException("line 1", $"the header begins with ICRX and has {HeaderLength} characters");
        var (count, number) = (Digits(header, 40, 8, "line 1, record count"), Digits(header, 48, 12, "line 1, file number"));
        if (count != lines.Count - 1) throw new FileRefusedException("line 1, record count", string.Create(CultureInfo.InvariantCulture, $"the count is {count}; the file has {lines.Count - 1} lines"));
        Digits(header, 12, 4, "line 1, from agency");
        Digits(header, 16, 4, "line 1, to agency");
        return new AnswerFile("ICRX", header[16..20], (ulong)Digits(header, 12, 4, "line 1, from agency"), number, [.. lines.Skip(1).Select((line, i) => LineOf(line, string.Create(CultureInfo.InvariantCulture, $"line {i + 2}")))], null);
    }

    private static AnswerLine LineOf(string line, string place)
    {
        if (line.Length != LineLength) throw new FileRefusedException(place, string.Create(CultureInfo.InvariantCulture, $"the line has {line.Length} characters; {LineLength} are needed"));
        var serial = line[..20];
        if (!serial.All(char.IsAsciiDigit)) throw new FileRefusedException(place + ", serial", $"{BankOrAnswerFile.Shown(serial)} is not 20 digits");
        var status = line[20..24];
        if (!_statuses.TryGetValue(status, out var disposition)) throw new FileRefusedException(place + ", status", $"{BankOrAnswerFile.Shown(status)} is none of {string.Join(", ", _statuses.Keys)}");
        if (line[29] is not (' ' or '+' or '-')) throw new FileRefusedException(place + ", debit or credit", $"{BankOrAnswerFile.Shown(line[29..30])} is none of space, + and -");
        var amount = Digits(line, 30, 9, place + ", amount") * (line[29] == '-' ? -1 : 1);
        if (disposition != Disposition.Posted && amount != 0) throw new FileRefusedException(place, $"what was not posted ({status}) has an amount");
        var duplicate = line[39..59].Trim(' ', '*');
        return new AnswerLine(serial.TrimStart('0') is { Length: > 0 } digits ? digits : "0", null, null, disposition, status, amount, 0, null, duplicate.Length == 0 ? null : duplicate, place);
    }

    private static long Digits(string text, int at, int count, string place)
    {
        var field = text.AsSpan(at, count);
        if (field.ContainsAnyExceptInRange('0', '9')) throw new FileRefusedException(place, $"{BankOrAnswerFile.Shown(field.ToString())} is not {count} digits");
        return long.Parse(field, NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
