using System.Globalization;
using SmartCity.Edge.Gateway.Status;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary>A dead letter for a person at a terminal.</summary>
internal static class LetterText
{
    private const int BytesOfALine = 16;

    /// <summary>Writes its head, and its payload as text or, where it is not, in hexadecimal.</summary>
    public static void Write(TextWriter output, LetterWhole letter)
    {
        Line("id", letter.Id.ToString(CultureInfo.InvariantCulture));
        Line("time", letter.Time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture));
        Line("topic", Shown(letter.Topic));
        Line("qos", letter.Qos.ToString(CultureInfo.InvariantCulture));
        Line("lane", letter.Lane);
        Line("values", letter.Values.ToString(CultureInfo.InvariantCulture));
        foreach (var reason in letter.Reason.Split('\n')) Line("reason", Shown(reason));
        Line("payload", string.Create(CultureInfo.InvariantCulture, $"{letter.Bytes} bytes"));
        output.Write("\n");
        if (letter.Text is { } text) output.Write(string.Concat(text.Select(letter => letter is '\n' or '\t' || !char.IsControl(letter) ? letter : '·')) + "\n");
        else WriteHex(output, Convert.FromBase64String(letter.Payload));

        void Line(string name, string value) => output.Write($"{name,-8} {value}\n");
    }

    private static void WriteHex(TextWriter output, byte[] payload)
    {
        for (var at = 0; at < payload.Length; at += BytesOfALine)
        {
            var line = payload.AsSpan(at, Math.Min(BytesOfALine, payload.Length - at)).ToArray();
            var hex = string.Join(' ', line.Select(one => one.ToString("x2", CultureInfo.InvariantCulture)));
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{at:x8}  {hex,-(BytesOfALine * 3 - 1)}  {string.Concat(line.Select(one => one is >= 0x20 and < 0x7F ? (char)one : '.'))}\n"));
        }
    }

    /// <summary>Keeps a value's control characters from moving the reader's cursor.</summary>
    private static string Shown(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? '·' : letter));
}
