using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Tolling.Postgres;

/// <summary>Passages and charges beside the events in PostgreSQL; changes of several servers stand in one line.</summary>
/// <param name="connectionString">As Npgsql takes it; the tables are made in the first schema of its search path.</param>
/// <param name="options">Which time of an event is believed, and how time is cut into cells.</param>
/// <exception cref="Npgsql.NpgsqlException">It cannot be opened.</exception>
public sealed class PostgresPassageStore(string connectionString, CorrelationOptions options) : PassageStore(new PostgresSession(connectionString), options);
