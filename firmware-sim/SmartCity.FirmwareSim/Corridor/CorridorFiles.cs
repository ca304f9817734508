using System.Text;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Writes a played corridor to files: events in the order of their arrival, one a line with their device, and the truth.</summary>
internal static class CorridorFiles
{
    /// <summary>Plays and writes. Files are whole or not there at all.</summary>
    /// <param name="play">The corridor.</param>
    /// <param name="events">File of the events, or null.</param>
    /// <param name="truth">File of the truth, or null.</param>
    /// <param name="progress">Told the passages that are done, now and then.</param>
    /// <param name="stop">Leaves off; no file remains.</param>
    public static void Write(CorridorPlay play, string? events, string? truth, Action<long> progress, CancellationToken stop)
    {
        using var eventFile = new WholeFile(events);
        using var truthFile = new WholeFile(truth);
        var leads = play.Layout.Devices.ToDictionary(device => device, device => Encoding.ASCII.GetBytes($$"""{"device":"{{device.Id}}","""));
        foreach (var arrival in play.Run(passage => truthFile.Write(PassageTruth.Of(passage).Write())))
        {
            eventFile.Write(leads[arrival.Device]);
            eventFile.Write(arrival.Json.Span[1..]);
            eventFile.Write("\n"u8);
            if (play.Totals.Events % 4_096 != 0) continue;
            progress(play.Totals.Passages);
            stop.ThrowIfCancellationRequested();
        }
        eventFile.Keep();
        truthFile.Keep();
    }

    /// <summary>A file that takes its place once it is whole.</summary>
    private sealed class WholeFile(string? path) : IDisposable
    {
        private FileStream? _stream = path is null ? null : new FileStream(path + ".new", FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 20);

        public void Write(ReadOnlySpan<byte> bytes) => _stream?.Write(bytes);

        public void Keep()
        {
            if (_stream is null) return;
            _stream.Dispose();
            _stream = null;
            File.Move(path! + ".new", path!, true);
        }

        public void Dispose()
        {
            if (_stream is null) return;
            _stream.Dispose();
            File.Delete(path + ".new");
        }
    }
}
