namespace SmartCity.Cloud.Log;

/// <summary>Bytes set aside on the volume. Given back when it is full, so that deleting acknowledged rows still has room to be logged.</summary>
internal sealed class ReserveFile(string folder, long bytes)
{
    private readonly string _path = Path.Combine(folder, "log.reserve");

    /// <summary>Sets the bytes aside; false where the volume has no room for them.</summary>
    public bool Keep()
    {
        if (bytes == 0 || (File.Exists(_path) && new FileInfo(_path).Length == bytes)) return true;
        try
        {
            // Written, not only extended: a hole in a file reserves nothing.
            using var file = new FileStream(_path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
            var zeros = new byte[64 << 10];
            for (var left = bytes; left > 0; left -= Math.Min(left, zeros.Length)) file.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            return true;
        }
        catch (IOException)
        {
            Release();
            return false;
        }
    }

    /// <summary>Gives the bytes back; false where there were none.</summary>
    public bool Release()
    {
        if (!File.Exists(_path)) return false;
        File.Delete(_path);
        return true;
    }
}
