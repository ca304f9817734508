using Npgsql;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Postgres;

namespace SmartCity.Tests.Cloud.Tolling.Ledger;

/// <summary>The ledger in PostgreSQL.</summary>
public sealed class PostgresTollLedgerTests(PostgresServer server) : TollLedgerSuite, IClassFixture<PostgresServer>
{
    private string _connection = server.NewSchema();

    protected override ITollLedger Open() => PostgresTollLedger.Open(_connection, Rial, Clock);
    protected override void Clean() { }
    protected override void Forget() => _connection = server.NewSchema();
    protected override int Sequences => 8;
    protected override void Tamper(string sql) => Sql("DROP TRIGGER ledger_entry_kept ON ledger_entry; " + sql.Replace("^", @"'\x00ff'::bytea", StringComparison.Ordinal));

    protected override void Sql(string sql)
    {
        using var connection = new NpgsqlConnection(_connection);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
