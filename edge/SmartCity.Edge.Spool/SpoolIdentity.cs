using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SmartCity.Edge.Spool;

/// <summary>
/// Tells a spool from its copy. A database file that was copied has another inode or another time of birth: file systems give the inode of a deleted
/// file to the next one. One that was written back over the same file disagrees with the ticket beside it, which is drawn anew at each opening.
/// </summary>
internal static partial class SpoolIdentity
{
    private const string TicketName = "spool.ticket";

    /// <summary>Machine, inode and time of birth of the database file.</summary>
    public static string Of(string file, string? machine)
    {
        var (inode, birth) = Stat(file);
        return string.Create(CultureInfo.InvariantCulture, $"{machine ?? Machine()}/{inode}/{birth}");
    }

    /// <summary>Whether an identity that was kept, maybe by a program that knew no time of birth, is this one.</summary>
    public static bool Matches(string? kept, string identity) => kept == identity || (kept is not null && identity[..identity.LastIndexOf('/')] == kept);

    /// <summary>The ticket beside the database, or null where there is none.</summary>
    public static string? ReadTicket(string folder)
    {
        var path = Path.Combine(folder, TicketName);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }

    /// <summary>Puts a new ticket in the place of the old. Losing it costs a new epoch and nothing else, so it is not synced.</summary>
    public static void WriteTicket(string folder, string ticket)
    {
        var path = Path.Combine(folder, TicketName);
        File.WriteAllText(path + ".new", ticket + "\n");
        File.Move(path + ".new", path, overwrite: true);
    }

    private static string Machine()
    {
        const string machineId = "/etc/machine-id";
        return File.Exists(machineId) ? File.ReadAllText(machineId).Trim() : Environment.MachineName;
    }

    // statx(2): the layout of its buffer is the same on every architecture; stx_ino stands at byte 32, stx_btime at 80 as seconds and nanoseconds.
    // Mask 0x100 asks for the inode, 0x800 for the time of birth, which stays 0 where the file system knows none.
    private static (ulong Inode, string Birth) Stat(string file)
    {
        if (!OperatingSystem.IsLinux()) return (0, "0");
        var buffer = new byte[256];
        const int atCurrentFolder = -100;
        return Statx(atCurrentFolder, Path.GetFullPath(file), 0, 0x100 | 0x800, buffer) == 0
            ? (BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(32)),
                string.Create(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(80))}.{BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(88)):d9}"))
            : throw new IOException($"What {file} is cannot be read (errno {Marshal.GetLastPInvokeError()}).");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, [Out] byte[] buffer);
}
