namespace SmartCity.Durable;

/// <summary>Bytes set aside on the volume. Given back when it is full, so that deleting acknowledged rows still has room to be logged.</summary>
/// <param name="file">Its path.</param>
/// <param name="bytes">How many; 0 for none.</param>
public sealed class ReserveFile(string file, long bytes)
{
    /// <summary>Sets the bytes aside; false where the volume has no room for them.</summary>
    public bool Keep()
    {
        if (bytes == 0 || (File.Exists(file) && new FileInfo(file).Length == bytes)) return true;
        try
        {
            // Written, not only extended: a hole in a file reserves nothing.
            using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 1);
            var zeros = new byte[64 << 10];
            for (var left = bytes; left > 0; left -= Math.Min(left, zeros.Length)) stream.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
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
        if (!File.Exists(file)) return false;
        File.Delete(file);
        return true;
    }
}
