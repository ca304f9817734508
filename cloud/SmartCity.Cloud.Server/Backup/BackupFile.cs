using System.Globalization;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>A file of a backup.</summary>
/// <param name="Path">Its path in the backup and in the server's data folder, with <c>/</c> between the names.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its SHA-256, hexadecimal.</param>
/// <param name="Kind">How it is checked.</param>
/// <param name="Modified">When the original was last changed, in ticks of 100 ns since the year 1, UTC. A sealed file that has the same size and time in the next backup is the same.</param>
/// <param name="Mode">Rights of the original, octal.</param>
internal sealed record BackupFile(string Path, long Bytes, string Sha256, BackupFileKind Kind, long Modified, string Mode)
{
    /// <summary>The rights as the system takes them: never more than the owner's and the group's.</summary>
    public UnixFileMode UnixMode => (UnixFileMode)(Convert.ToInt32(Mode, 8) & 0b111_111_000);

    /// <summary>Refuses a path that would lead out of the folder.</summary>
    /// <exception cref="BackupException">It does, or a hash or size is none.</exception>
    public void Check()
    {
        var names = Path.Split('/');
        if (Path.Length is 0 or > 1024 || System.IO.Path.IsPathRooted(Path) || Path.Contains('\0', StringComparison.Ordinal) || Path.Contains('\\', StringComparison.Ordinal) || names.Any(name => name is "" or "." or ".."))
            throw new BackupException($"The manifest names \"{Path}\", which is no path inside of the backup. It was not written by this program.");
        if (Bytes < 0 || Sha256.Length != 64 || !Sha256.All(char.IsAsciiHexDigitLower) || !int.TryParse(Mode, NumberStyles.None, CultureInfo.InvariantCulture, out _) || Mode.Any(digit => digit > '7'))
            throw new BackupException($"What the manifest says of {Path} is no size, hash or mode.");
    }
}

/// <summary>What a file of a backup is.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(System.Text.Json.Serialization.JsonStringEnumConverter<BackupFileKind>))]
internal enum BackupFileKind
{
    /// <summary>Bytes.</summary>
    Plain,
    /// <summary>A SQLite database.</summary>
    Sqlite,
    /// <summary>A DuckDB database.</summary>
    DuckDb,
    /// <summary>A file that is never changed once it is there.</summary>
    Sealed,
}
