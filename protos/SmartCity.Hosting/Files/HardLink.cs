using System.Runtime.InteropServices;

namespace SmartCity.Hosting.Files;

/// <summary>A second name for a file's content: no byte is read or written, and it stays as long as one name does.</summary>
public static partial class HardLink
{
    /// <summary>Gives a file a second name; false where the file system cannot, or both lie on two of them.</summary>
    /// <param name="existing">The file.</param>
    /// <param name="second">A path that nothing has.</param>
    public static bool TryMake(string existing, string second) => !OperatingSystem.IsWindows() && link(existing, second) == 0;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string second);
}
