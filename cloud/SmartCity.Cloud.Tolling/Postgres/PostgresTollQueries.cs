using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Tolling.Postgres;

/// <summary>Reads passages and charges in PostgreSQL beside the one that writes them.</summary>
/// <param name="connectionString">As Npgsql takes it.</param>
/// <exception cref="Npgsql.NpgsqlException">It cannot be opened.</exception>
public sealed class PostgresTollQueries(string connectionString) : PassageQueries(new PostgresSession(connectionString));
