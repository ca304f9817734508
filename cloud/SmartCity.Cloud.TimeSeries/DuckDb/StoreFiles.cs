using DuckDB.NET.Data;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>Looks at the files of a store that nobody has open.</summary>
public static class StoreFiles
{
    /// <summary>Opens a database read-only and compares its list of sealed files with those that are there.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="database">The database in it: that of the embedded store, or the index of another.</param>
    /// <returns>The offset that it holds.</returns>
    /// <exception cref="InvalidDataException">It cannot be read, a newer program wrote it, or a sealed file is missing or of another size.</exception>
    public static long Check(string folder, string database)
    {
        try
        {
            using var connection = new DuckDBConnection(new DuckDBConnectionStringBuilder
            {
                DataSource = database, ["access_mode"] = "READ_ONLY", ["autoinstall_known_extensions"] = "false", ["autoload_known_extensions"] = "false",
            }.ToString());
            connection.Open();
            var (version, next, hasFiles) = (0, 0L, false);
            connection.Each("SELECT version, next_offset FROM meta", row => (version, next) = (row.GetInt32(0), row.GetInt64(1)));
            if (version > StoreSchema.Version) throw new InvalidDataException($"{database} was written by a newer program (format {version}, this one reads {StoreSchema.Version}). Install that program.");
            connection.Each("SELECT 1 FROM duckdb_tables() WHERE table_name = 'sealed'", _ => hasFiles = true);
            if (!hasFiles) return next;
            connection.Each("SELECT number, bytes FROM sealed ORDER BY number", row =>
            {
                var name = new SealedFile(row.GetInt64(0), false, 0, 0, 0, 0, 0, 0, 0, 0, false).Name;
                var file = new FileInfo(Path.Combine(folder, "sealed", name));
                if (!file.Exists) throw new InvalidDataException($"{file.FullName}, of which the database knows, is missing.");
                if (file.Length != row.GetInt64(1)) throw new InvalidDataException($"{file.FullName} has {file.Length} bytes; the database knows of {row.GetInt64(1)}.");
            });
            return next;
        }
        catch (DuckDBException error)
        {
            throw new InvalidDataException($"{database} cannot be opened: {error.Message}", error);
        }
    }
}
