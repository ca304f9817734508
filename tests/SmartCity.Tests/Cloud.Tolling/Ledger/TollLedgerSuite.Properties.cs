using CsCheck;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Tests.Cloud.Tolling.Ledger;

public abstract partial class TollLedgerSuite
{
    private enum Kind { Charge, TopUp, Repeat, Conflict, Reverse, Late, Close, Reopen, Seal, Crash }

    private static readonly Gen<(Kind Kind, int Number)[]> _commands = Gen.Select(
        Gen.Frequency((6, Gen.Const(Kind.Charge)), (2, Gen.Const(Kind.TopUp)), (2, Gen.Const(Kind.Repeat)), (2, Gen.Const(Kind.Conflict)), (3, Gen.Const(Kind.Reverse)), (2, Gen.Const(Kind.Late)),
            (1, Gen.Const(Kind.Close)), (1, Gen.Const(Kind.Reopen)), (1, Gen.Const(Kind.Seal)), (1, Gen.Const(Kind.Crash))), Gen.Int[0, 400_000]).Array[1, 25];

    /// <summary>How many sequences are tried, each in a new ledger.</summary>
    protected virtual int Sequences => 40;

    /// <summary>Begins with nothing: a new file or schema.</summary>
    protected abstract void Forget();

    [Fact]
    public void Any_sequence_keeps_the_sums_the_answers_and_the_root_through_crashes_and_in_either_store() => _commands.Sample(commands =>
    {
        Restart();
        Forget();
        _ids = 0;
        using var folder = new TemporaryFolder();
        using var other = SqliteTollLedger.Open(folder["other.db"], Rial, Clock);
        Begin(prepaid: 0);
        other.OpenAccounts([new(Prepaid, AccountLimit.NotBelowZero), new(Road), new(Vat), new(Bank), new("equity:rounding")]);
        other.OpenPeriod(new(2026, 11, 1), new(2026, 11, 30), "ada");
        other.OpenPeriod(new(2026, 12, 1), new(2026, 12, 31), "ada");
        var posted = new List<Transfer[]>();
        foreach (var (kind, number) in commands)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(1));
            if (kind == Kind.Crash)
            {
                var before = Ledger.Head();
                Restart();
                Assert.Equal(before, Ledger.Head());
                continue;
            }
            var chain = Chain(kind, number, posted);
            Func<ITollLedger, LedgerResult> command = kind switch
            {
                Kind.Close => ledger => ledger.BeginClosing(1 + (number % 2), "ada"),
                Kind.Reopen => ledger => ledger.Reopen(1 + (number % 2), "ada", ["E1"]),
                Kind.Seal => ledger => ledger.Seal(new(1 + (number % 2), new(2026, 12, 31), "ada", "grace", [])),
                _ => ledger => ledger.Post([chain])[0],
            };
            var head = Ledger.Head();
            var result = command(Ledger);
            Assert.Equal(result, command(other));
            if (result.Outcome != LedgerOutcome.Posted) Assert.Equal(head, Ledger.Head());
            else if (chain.Length > 0) posted.Add(chain);
            if (kind == Kind.Repeat && posted.Count > 0) Assert.Equal(LedgerOutcome.AlreadyPosted, result.Outcome);
            if (kind == Kind.Conflict && posted.Count > 0) Assert.Equal(LedgerRefusal.KeyConflict, result.Refusal);
            Assert.Equal(0, Ledger.Balances("", null).Sum(balance => balance.Debits - balance.Credits));
            Assert.True(Balance(Prepaid) >= 0);
        }
        Assert.Equal(other.Head(), Ledger.Head());
        Assert.Equal(other.Balances("", 1), Ledger.Balances("", 1));
        Intact();
    }, iter: Sequences, threads: 1);

    private Transfer[] Chain(Kind kind, int number, List<Transfer[]> posted) => kind switch
    {
        Kind.Charge => [To(Prepaid, Road, number + 1, day: number % 3 == 0 ? Day : new(2026, 12, 5)), To(Prepaid, Vat, (number / 10) + 1, day: number % 3 == 0 ? Day : new(2026, 12, 5))],
        Kind.TopUp => [To(Bank, Prepaid, number, TransferCode.TopUp)],
        Kind.Late => Charge(batch: BatchKind.Delayed),
        Kind.Repeat when posted.Count > 0 => posted[number % posted.Count],
        Kind.Conflict when posted.Count > 0 => [.. posted[number % posted.Count].Select(transfer => transfer with { Amount = transfer.Amount + 1 })],
        Kind.Reverse when posted.Count > 0 => [posted[number % posted.Count][0].Reversal(++_ids, BatchKind.Rerated)],
        _ => [],
    };
}
