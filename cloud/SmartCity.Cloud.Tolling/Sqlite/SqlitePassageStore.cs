using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>Passages and charges in the SQLite file of the events.</summary>
/// <param name="file">The database file; its folder is made where it does not exist.</param>
/// <param name="options">Which time of an event is believed, and how time is cut into cells.</param>
/// <exception cref="Microsoft.Data.Sqlite.SqliteException">It cannot be opened.</exception>
public sealed class SqlitePassageStore(string file, CorrelationOptions options) : PassageStore(new SqliteSession(file), options);
