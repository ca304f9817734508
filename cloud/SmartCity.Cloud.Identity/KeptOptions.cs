namespace SmartCity.Cloud.Identity;

/// <summary>
/// The server's own settings about accounts, kept beside the accounts: a command that opens the files of a server which does not run hashes and judges as
/// the server would, whatever settings it was itself started with.
/// </summary>
public static class KeptOptions
{
    internal const string Tables = "CREATE TABLE IF NOT EXISTS kept_option(id INTEGER PRIMARY KEY CHECK (id = 1), password_rounds INTEGER NOT NULL, session_idle INTEGER NOT NULL, session_max INTEGER NOT NULL);";

    /// <summary>Keeps those of the server that starts.</summary>
    public static void Keep(IdentityDatabase database, AccessOptions options)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(options);
        database.Run(null, "INSERT INTO kept_option VALUES(1, $rounds, $idle, $max) ON CONFLICT(id) DO UPDATE SET password_rounds = $rounds, session_idle = $idle, session_max = $max",
            ("$rounds", options.PasswordRounds), ("$idle", options.SessionIdle.Ticks), ("$max", options.SessionMax.Ticks));
    }

    /// <summary>Those of the server that started last; null where none has kept any.</summary>
    public static AccessOptions? Find(IdentityDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.Rows("SELECT password_rounds, session_idle, session_max FROM kept_option", row => new AccessOptions { PasswordRounds = row.GetInt32(0), SessionIdle = new TimeSpan(row.GetInt64(1)), SessionMax = new TimeSpan(row.GetInt64(2)) }) is [var options] ? options : null;
    }
}
