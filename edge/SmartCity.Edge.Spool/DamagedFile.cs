using Microsoft.Data.Sqlite;
using SmartCity.Durable;

namespace SmartCity.Edge.Spool;

/// <summary>Sets a damaged database aside, whole, for those who may still read something from it, so that the gateway keeps working.</summary>
internal static class DamagedFile
{
    /// <summary>The database of a spool as one that may be damaged.</summary>
    public static DamagedDatabase Of(SpoolOptions options) => new(options.Folder, SpoolOptions.FileName, options.Clock);

    /// <summary>Makes a new spool where the last run left a mark, or where the write-ahead log is damaged beyond one bit; returns the note for the operator.</summary>
    public static string? RescueIfNeeded(SpoolOptions options, out string? repaired)
    {
        var file = Of(options);
        file.Finish();
        var wal = WriteAheadLog.Mend(file.File);
        repaired = wal.Note;
        if ((file.Marked ?? wal.Damage) is not { } why) return null;
        var note = Rescue(options, why);
        file.Forget();
        return note;
    }

    /// <summary>Makes a new database out of what is sound in a damaged one, and sets that aside; returns the note for the operator.</summary>
    public static string Rescue(SpoolOptions options, string why)
    {
        var file = Of(options);
        string told;
        try
        {
            told = SpoolRescue.Run(file.File, file.Made);
        }
        catch (SqliteException error)
        {
            file.GiveUp();
            told = $"Nothing of it came along: {error.Message}. What it still held has not reached the cloud.";
        }
        var aside = file.SetAside();
        file.Finish();
        return $"The spool's database was damaged ({why}) and is set aside as {aside}. A new one begins with a new epoch. {told} Keep the file until someone has looked at it; then delete it by hand.";
    }
}
