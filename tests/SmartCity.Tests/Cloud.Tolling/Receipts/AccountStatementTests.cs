using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Tests.Cloud.Tolling.Receipts;

public sealed class AccountStatementTests : IDisposable
{
    private const string Payer = "asset:receivable:7001", Road = "liability:concession:road";
    private static readonly DateOnly _day = new(2026, 11, 1);

    private readonly TemporaryFolder _folder = new();
    private readonly SqliteTollLedger _ledger;

    public AccountStatementTests()
    {
        _ledger = SqliteTollLedger.Open(_folder["ledger.db"], new LedgerIdentity("tolls", "IRR", 0), TimeProvider.System);
        _ledger.OpenAccounts([new(Payer), new("asset:receivable:quiet"), new(Road), new("liability:vat"), new("asset:bank:one")]);
        _ledger.OpenPeriod(_day, _day.AddDays(9), "a");
        _ledger.OpenPeriod(_day.AddDays(10), _day.AddDays(19), "a");
    }

    public void Dispose()
    {
        _ledger.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_charge_is_one_line_of_its_period_and_a_correction_after_the_seal_one_of_the_next()
    {
        var first = Post(ChargeChain.Of(Payer, Road, 1_000, 100, _day, BatchKind.Normal, 0, new TransferLinks("c-1")));
        // Rated anew within the period.
        var second = Post([.. ChargeChain.Reversal(first, BatchKind.Rerated), .. ChargeChain.Of(Payer, Road, 800, 80, _day, BatchKind.Rerated, 1, new TransferLinks("c-1"))]);
        Post([new Transfer(7, "asset:bank:one", Payer, 500, TransferCode.Settlement, _day.AddDays(2), BatchKind.Normal, TransferLinks.None)]);
        _ledger.BeginClosing(1, "a");
        Assert.True(_ledger.Seal(new SealRequest(1, _day.AddDays(60), "a", "b", [])).Succeeded);
        Post(ChargeChain.Reversal([.. second.Skip(2)], BatchKind.Rerated));
        var statement = Of(null, null)!;
        Assert.Equal((_day, _day.AddDays(2), 0L, -500L), (statement.From, statement.To, statement.Opening, statement.Closing));
        Assert.Equal([(_day, 1, TransferCode.Charge, 800L, 80L), (_day, 2, TransferCode.Charge, -800, -80), (_day.AddDays(2), 1, TransferCode.Settlement, -500, 0)],
            statement.Lines.Select(line => (line.Day, line.Period, line.Code, line.Net, line.Vat)));
        Assert.Equal(_ledger.FindAccount(Payer)!.Balance, statement.Closing);
    }

    [Fact]
    public void What_lies_before_the_dates_is_the_opening_and_what_lies_behind_is_left_out()
    {
        for (var i = 0; i < 5; i++) Post(ChargeChain.Of(Payer, Road, 100, 10, _day.AddDays(i), BatchKind.Normal, 0, new TransferLinks($"c-{i}")));
        var statement = Of(_day.AddDays(1), _day.AddDays(2))!;
        Assert.Equal((110L, 330L, 2), (statement.Opening, statement.Closing, statement.Lines.Count));
        var empty = Of(_day.AddDays(8), null)!;
        Assert.Equal((_day.AddDays(8), _day.AddDays(8), 550L, 0), (empty.From, empty.To, empty.Closing, empty.Lines.Count));
    }

    [Fact]
    public void Only_accounts_that_pay_have_one()
    {
        Assert.Null(AccountStatement.Of(_ledger, "liability:vat", null, null, TestContext.Current.CancellationToken));
        Assert.Null(AccountStatement.Of(_ledger, "asset:receivable:nobody", null, null, TestContext.Current.CancellationToken));
        Assert.Empty(AccountStatement.Of(_ledger, "asset:receivable:quiet", null, null, TestContext.Current.CancellationToken)!.Lines);
    }

    private AccountStatement? Of(DateOnly? from, DateOnly? to) => AccountStatement.Of(_ledger, Payer, from, to, TestContext.Current.CancellationToken);

    private IReadOnlyList<Transfer> Post(IReadOnlyList<Transfer> chain)
    {
        var result = _ledger.Post([chain])[0];
        Assert.True(result.Succeeded, result.Message);
        return chain;
    }
}
