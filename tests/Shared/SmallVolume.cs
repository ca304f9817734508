using System.Diagnostics;

namespace SmartCity.Tests;

/// <summary>A volume of a few megabytes in memory, mounted on a folder of its own; tests that need one are skipped where mounting is not allowed.</summary>
internal sealed class SmallVolume : IDisposable
{
    private readonly string _filler;

    private SmallVolume(string path) => (Path, _filler) = (path, System.IO.Path.Combine(path, "filler"));

    public string Path { get; }

    /// <summary>Mounts one, or skips the test and says why.</summary>
    public static SmallVolume Mount(int megabytes)
    {
        var path = Directory.CreateTempSubdirectory("smartcity-volume-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", path) is not { } reason) return new SmallVolume(path);
        Directory.Delete(path);
        Assert.Skip($"No small volume can be mounted here ({reason}); root may.");
        throw new InvalidOperationException();
    }

    /// <summary>Takes all room but so much.</summary>
    public void Fill(long leaveBytes)
    {
        var room = new DriveInfo(Path).AvailableFreeSpace - leaveBytes;
        using var file = new FileStream(_filler, FileMode.Append);
        var block = new byte[64 << 10];
        for (; room > 0; room -= block.Length) file.Write(block, 0, (int)Math.Min(room, block.Length));
    }

    /// <summary>Gives the room back.</summary>
    public void Empty() => File.Delete(_filler);

    public void Dispose()
    {
        _ = Run("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : said.Trim();
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return error.Message;
        }
    }
}
