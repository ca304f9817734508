using System.Text;

namespace SmartCity.AppHost;

/// <summary>What a part writes, in a file of bounded size beside one older; the last lines are kept to show after a crash. Thread-safe.</summary>
internal sealed class PartLog : IDisposable
{
    private const long FileBytesMax = 16 << 20;
    private const int LinesKept = 12;
    private const int LineCharactersMax = 4096;

    private readonly string _file;
    private readonly Queue<string> _last = new();
    private StreamWriter _writer;

    public PartLog(string file)
    {
        _file = file;
        _writer = Open();
    }

    public string FilePath => _file;

    public void Write(string line)
    {
        if (line.Length > LineCharactersMax) line = string.Concat(line.AsSpan(0, LineCharactersMax), " …");
        lock (_last)
        {
            _last.Enqueue(line);
            if (_last.Count > LinesKept) _last.Dequeue();
            try
            {
                if (_writer.BaseStream.Position > FileBytesMax)
                {
                    _writer.Dispose();
                    File.Move(_file, _file + ".1", overwrite: true);
                    _writer = Open();
                }
                _writer.WriteLine(line);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // A full disk costs the line in the file; the last lines are still shown.
            }
        }
    }

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyList<string> Last()
    {
        lock (_last) return [.. _last];
    }

    public void Dispose()
    {
        lock (_last) _writer.Dispose();
    }

    private StreamWriter Open() => new(new FileStream(_file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), new UTF8Encoding(false)) { AutoFlush = true };
}
