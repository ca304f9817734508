using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>Raw toll events in a SQLite file.</summary>
/// <param name="file">The database file; its folder is made where it does not exist.</param>
/// <param name="options">Which time of an event is believed, and how time is cut into cells.</param>
/// <exception cref="Microsoft.Data.Sqlite.SqliteException">It cannot be opened.</exception>
public sealed class SqliteTollEventStore(string file, CorrelationOptions options) : TollEventStore(new SqliteSession(file), options);
