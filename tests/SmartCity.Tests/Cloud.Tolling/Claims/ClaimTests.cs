using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Postgres;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Tests.Cloud.Tolling.Ledger;

namespace SmartCity.Tests.Cloud.Tolling.Claims;

/// <summary>Claims over a ledger in a file.</summary>
public sealed class SqliteClaimTests(SettledDay day) : ClaimSuite(day), IClassFixture<SettledDay>
{
    protected override ITollLedger Open() => SqliteTollLedger.Open(LedgerFile, Rial, Clock);
}

/// <summary>Claims over a ledger in PostgreSQL.</summary>
public sealed class PostgresClaimTests(SettledDay day, PostgresServer server) : ClaimSuite(day), IClassFixture<SettledDay>, IClassFixture<PostgresServer>
{
    private readonly string _connection = server.NewSchema();

    protected override ITollLedger Open() => PostgresTollLedger.Open(_connection, Rial, Clock);
}
