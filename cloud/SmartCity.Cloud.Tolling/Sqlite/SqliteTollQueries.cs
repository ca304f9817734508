using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>Reads passages and charges of a SQLite file beside the one that writes them.</summary>
/// <param name="file">The file.</param>
/// <exception cref="SqliteException">There is none, or it cannot be opened.</exception>
public sealed class SqliteTollQueries(string file) : PassageQueries(new SqliteSession(file, SqliteOpenMode.ReadOnly));
