using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Tests.Cloud.Tolling.Ledger;

public abstract partial class TollLedgerSuite
{
    /// <summary>Each column of each table, changed in one row; <c>^</c> marks where a store's own words for bytes go.</summary>
    public static TheoryData<string, string> Changes()
    {
        var changes = new TheoryData<string, string>();
        // Entry 8 is the first transfer of all, entry 10 the second of the charge.
        foreach (var column in (string[])["number = 99", "kind = 3", "transfer = 'f'", "transfer = NULL", "reverses = 'f'", "debit = 2", "debit = NULL", "credit = 5", "charge = 'charge-2'", "charge = NULL", "body = ^", "hash = ^"])
            changes.Add($"UPDATE ledger_entry SET {column} WHERE number = 10", "entry 10");
        changes.Add("DELETE FROM ledger_entry WHERE number = 10", "entry 10");
        changes.Add("DELETE FROM ledger_entry WHERE number = 11", "");
        foreach (var column in (string[])["number = 77", "name = 'liability:vat:x'", "balance_limit = 0", "opened = 2", "debits = 109001", "credits = -1", "credits = 5000000000000000000"])
            changes.Add($"UPDATE ledger_account SET {column} WHERE number = 1", column.StartsWith("number", StringComparison.Ordinal) ? "account 77" : "account 1");
        changes.Add("DELETE FROM ledger_account WHERE number = 1", "account 1");
        foreach (var column in (string[])["account = 77", "period = 9", "debits = 109001", "credits = 0"]) changes.Add($"UPDATE ledger_balance SET {column} WHERE account = 1", "balance of account");
        changes.Add("DELETE FROM ledger_balance WHERE account = 1", "balance of account 1 in period 1");
        foreach (var column in (string[])["number = 9", "first_day = 5", "first_day = -7", "last_day = 5000000000", "state = 1", "changed = 3", "seal = NULL", "seal = 'aa'"])
            changes.Add($"UPDATE ledger_period SET {column} WHERE number = 1", "period");
        changes.Add("DELETE FROM ledger_period WHERE number = 2", "period 2");
        foreach (var column in (string[])["name = 'x'", "currency = 'EUR'", "scale = 2", "scale = 4294967296", "number = 3", "hash = 'aa'", "accounts = 4", "debits = 1", "credits = 1"])
            changes.Add($"UPDATE ledger_head SET {column}", "head");
        return changes;
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_to_any_column_of_any_row_is_found_and_placed(string sql, string row)
    {
        Begin();
        Done(Post(Charge()));
        Done(Ledger.BeginClosing(1, "ada"));
        Done(Ledger.Seal(new(1, new(2026, 11, 30), "ada", "grace", [])));
        Intact();
        Tamper(sql);
        var fault = Ledger.Verify(TestContext.Current.CancellationToken).Fault;
        Assert.NotNull(fault);
        Assert.StartsWith(row, fault.Row, StringComparison.Ordinal);
        // Where the entry itself can still be read, or the row follows from one, day, lane and entry are named.
        if (sql.Contains("debits = 109001", StringComparison.Ordinal) || sql.Contains("debit = 2", StringComparison.Ordinal) || sql.Contains("hash = ^", StringComparison.Ordinal))
            Assert.Equal((10L, Day, "THN-1-L2"), (fault.Entry, fault.Day, fault.Lane));
    }

    [Fact]
    public void The_store_itself_refuses_to_change_or_remove_an_entry()
    {
        Begin();
        Assert.ThrowsAny<System.Data.Common.DbException>(() => Sql("UPDATE ledger_entry SET kind = 3 WHERE number = 1"));
        Assert.ThrowsAny<System.Data.Common.DbException>(() => Sql("DELETE FROM ledger_entry WHERE number = 1"));
        Intact();
    }

    /// <summary>Runs SQL on the rows behind the ledger's back, under the store's guards.</summary>
    protected abstract void Sql(string sql);
}
