using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Tolling.Postgres;

/// <summary>Raw toll events in PostgreSQL, for several servers at once.</summary>
/// <param name="connectionString">As Npgsql takes it; the tables are made in the first schema of its search path.</param>
/// <param name="options">Which time of an event is believed, and how time is cut into cells.</param>
/// <exception cref="Npgsql.NpgsqlException">It cannot be opened.</exception>
public sealed class PostgresTollEventStore(string connectionString, CorrelationOptions options) : TollEventStore(new PostgresSession(connectionString), options);
