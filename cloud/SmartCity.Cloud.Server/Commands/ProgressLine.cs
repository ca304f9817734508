using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>One line on a terminal that says how far a file is; nothing elsewhere.</summary>
internal sealed class ProgressLine(TextWriter talk, string file)
{
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(200);
    private readonly bool _isTerminal = !Console.IsErrorRedirected && talk == Console.Error;
    private long _shown;
    private int _width;

    public void Show(string what, double share)
    {
        if (!_isTerminal || Stopwatch.GetElapsedTime(_shown) < _every) return;
        _shown = Stopwatch.GetTimestamp();
        var line = string.Create(CultureInfo.InvariantCulture, $"{file}: {what} {Math.Min(1, share):P0}");
        talk.Write("\r" + line.PadRight(_width));
        _width = line.Length;
    }

    public void Clear()
    {
        if (_width > 0) talk.Write("\r" + new string(' ', _width) + "\r");
        _width = 0;
    }
}
