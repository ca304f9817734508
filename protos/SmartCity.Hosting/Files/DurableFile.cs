using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Hosting.Files;

/// <summary>
/// Writes that are on the disk when they return. The framework's flush hides the disk's errors, so the calls go to the C library and their results
/// are checked. After a failure what is on the disk is unknown: the caller ends the process and never tries again in it.
/// </summary>
public static partial class DurableFile
{
    private const int InterruptedError = 4;
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    /// <summary>Replaces a file at once: either its old content or all of the new is there after a power cut.</summary>
    /// <param name="file">Its path; the folder exists.</param>
    /// <param name="content">All bytes.</param>
    /// <param name="mode">Rights of the file from its first moment on. Default 0600.</param>
    /// <exception cref="IOException">It cannot be written, or the disk failed.</exception>
    public static void Replace(string file, ReadOnlySpan<byte> content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = Path.GetFullPath(file);
        var fresh = $"{path}.{Environment.ProcessId}.new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        try
        {
            using (var stream = new FileStream(fresh, options))
            {
                stream.Write(content);
                Sync(stream.SafeFileHandle, fresh);
            }
            File.Move(fresh, path, overwrite: true);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Waits until a file's content is on the disk (<c>fdatasync</c>).</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void Sync(SafeFileHandle handle, string name)
    {
        if (OperatingSystem.IsWindows()) RandomAccess.FlushToDisk(handle);
        else Check(() => fdatasync(handle), name);
    }

    /// <summary>Waits until a folder's names are on the disk; needed after a rename.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = -1;
        Check(() => descriptor = open(folder, ReadOnly | CloseOnExec), folder);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Check(() => fsync(handle), folder);
    }

    private static void Check(Func<int> call, string name)
    {
        while (call() < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != InterruptedError) throw new IOException($"{name} could not be made durable: {new Win32Exception(error).Message} (errno {error}).", new Win32Exception(error));
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
