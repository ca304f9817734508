using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Model;
using SmartCity.Tests.Cloud.Tolling.Rating;

namespace SmartCity.Tests.Cloud.Tolling.Claims;

/// <summary>From claim to answer to bank, over the shipped files; a sealed subclass per store of the ledger.</summary>
public abstract class ClaimSuite : IDisposable
{
    private const string Receivable = "asset:receivable:issuer:issuer-792", Clearing = "asset:clearing:issuer:792", Suspense = "suspense:issuer:792", Bank = "asset:bank:IR090570000000000000000042", Unapplied = "suspense:bank:IR090570000000000000000042";
    private protected static readonly LedgerIdentity Rial = new("tolls", "IRR", 0);
    private static readonly TimeZoneInfo _tehran = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");
    private static readonly ReconScope _month = new(new(2025, 9, 23), new(2025, 10, 22));

    private readonly TemporaryFolder _folder = new();
    private readonly string _file;
    private ITollLedger? _ledger;
    private ClaimBook _book;

    protected ClaimSuite(SettledDay day)
    {
        ArgumentNullException.ThrowIfNull(day);
        _file = _folder["tolling.db"];
        Sql(day.File, $"VACUUM INTO '{_file}'");
        _book = NewBook();
    }

    private protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2025, 10, 20, 12, 0, 0, TimeSpan.Zero));
    private ITollLedger Ledger => _ledger ??= Open();

    /// <summary>A ledger over this test's data.</summary>
    protected abstract ITollLedger Open();

    /// <summary>Where a ledger in a file may stand.</summary>
    private protected string LedgerFile => _folder["ledger.db"];

    public void Dispose()
    {
        _book.Dispose();
        _ledger?.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_day_is_claimed_once_and_its_file_has_the_same_bytes_at_any_time()
    {
        var due = Assert.Single(_book.Due(Examples.Configuration));
        Assert.Equal((792UL, 8L, 680_000L), (due.Issuer, due.Charges, due.Amount));
        Assert.Single(Make(isDryRun: true).Claims);
        Assert.Empty(_book.Claims(10));
        var claim = Assert.Single(Make().Claims);
        Assert.Equal(("C792-000001", "9001_0001_0792_20251006043000.STRAN", 8L, 680_000L, "STRAN"), (claim.Id, claim.Name, claim.Rows, claim.Total, claim.Type));
        Assert.Equal((8L, 680_000L), Sums(Items("UNANSWERED")));
        Assert.Empty(Make().Claims);
        Assert.Equal(0, Assert.Single(_book.Due(Examples.Configuration)).Charges);
        var (first, again) = (Bytes(claim), Bytes(claim));
        Assert.Equal(first, again);
        Assert.Equal(claim.Hash, Convert.ToHexStringLower(SHA256.HashData(first)));
        // What the README promises of the shipped day.
        Assert.Equal("56662bb35c6fc186bf9ba06f53f0cd9a57d53d752eb92e04ae62d5b37a5c2613", claim.Hash);
        // A row that somebody changed is told, not written.
        Sql(_file, "UPDATE claim SET hub = '9002'");
        Assert.Throws<InvalidDataException>(() => _book.Write(_book.Find(claim.Id)!.Claim, Stream.Null));
    }

    [Fact]
    public void Claim_answer_and_bank_reconcile_to_three_things_to_explain_and_the_same_files_again_change_nothing()
    {
        Make();
        Assert.Equal(("ACK", 1L), (Take("acknowledgement.ACK").Type, Take("acknowledgement.ACK").Rows));
        Assert.Equal("00", _book.Find("C792-000001")!.Claim.Acknowledged);
        var looked = Take("answer.SRECON", isDryRun: true);
        Assert.Equal([("posted", 7, 610_000), ("fee", 7, 3_500), ("rejected", 1, 60_000), ("difference", 1, 10_000)], looked.Outcome.Select(one => (one.Name, (int)one.Count, (int)one.Money)));
        Assert.Equal(0, _book.Find("C792-000001")!.Answered);
        Take("answer.SRECON");
        Take("bank.camt053.xml");
        Assert.Equal((680_000 - 610_000 - 60_000 - 10_000, 610_000 - 3_500 - 606_500, 70_000, 631_500, 25_000), (Balance(Receivable), Balance(Clearing), -Balance(Suspense), Balance(Bank), Balance(Unapplied)));
        var state = _book.Find("C792-000001")!;
        Assert.Equal(("paid", 0L), (state.State, state.Owed));
        Assert.Equal(["AMOUNT_MISMATCH", "BANK_UNAPPLIED", "ISSUER_REJECT"], Items().Select(item => item.Class).Order());
        Even();
        var head = Ledger.Head();
        foreach (var name in (string[])["acknowledgement.ACK", "answer.SRECON", "bank.camt053.xml"]) Assert.True(Take(name).IsKnown);
        Assert.Equal((head, 3), (Ledger.Head(), _book.Files(10).Count));
        Assert.Null(Ledger.Verify(TestContext.Current.CancellationToken).Fault);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_a_kill_left_behind_is_sent_once(int sentBefore)
    {
        Make();
        _book.Take("answer", Read("answer.SRECON"), "ada", isDryRun: false);
        _book.Take("bank", Read("bank.camt053.xml"), "ada", isDryRun: false);
        if (sentBefore > 0)
        {
            // The ledger took it, and the process was gone before it wrote that down.
            _book.Send(Ledger, PeriodPlan.JalaliMonth);
            Sql(_file, sentBefore == 1 ? "UPDATE claim_chain SET state = 1, entry = NULL" : "UPDATE claim_chain SET state = 1, entry = NULL WHERE id LIKE 'answer:%/3'");
        }
        _book.Dispose();
        _book = NewBook();
        var waiting = Identity("E11").Right.Single(term => term.Name == "waiting").Count;
        Assert.Equal(sentBefore switch { 0 or 1 => 8, _ => 1 }, waiting);
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
        var head = Ledger.Head();
        Assert.Equal(0, _book.Send(Ledger, PeriodPlan.JalaliMonth));
        Assert.Equal(head, Ledger.Head());
        Assert.Equal((0, 0, 606_500 + 25_000), (Balance(Receivable), Balance(Clearing), Balance(Bank)));
        Even();
    }

    [Theory]
    [InlineData("answer.SRECON", "<RecordCount>8</RecordCount>", "<RecordCount>9</RecordCount>", "RecordCount")]
    [InlineData("answer.SRECON", "<AwayAgencyID>0001", "<AwayAgencyID>0002", "agency")]
    [InlineData("answer.SRECON", "<HomeAgencyID>0792", "<HomeAgencyID>0793", "nothing was claimed")]
    [InlineData("answer.SRECON", "<PostedAmount>100000</PostedAmount>", "<PostedAmount>9999999999</PostedAmount>", "digits")]
    [InlineData("answer.SRECON", "<PostingDisposition>I", "<PostingDisposition>X", "PostingDisposition")]
    [InlineData("answer.SRECON", "<PostingDisposition>I</PostingDisposition>\n      <PostedAmount>0", "<PostingDisposition>I</PostingDisposition>\n      <PostedAmount>5", "not posted")]
    [InlineData("answer.SRECON", "2025-10-07T09:00:03Z", "2999-10-07T09:00:03Z", "to come")]
    [InlineData("answer.SRECON", "2025-10-07T09:00:03Z", "2001-10-07T09:00:03Z", "before")]
    [InlineData("answer.SRECON", "<ReconciliationData>", "<ReconciliationData xmlns=\"urn:other\">", "namespace")]
    [InlineData("answer.SRECON", "encoding=\"utf-8\"", "encoding=\"iso-8859-1\"", "encoding")]
    [InlineData("answer.SRECON", "<ReconciliationData>", "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><ReconciliationData>", "document type")]
    [InlineData("answer.SRECON", "</ReconciliationData>", "", "XML")]
    [InlineData("answer.SRECON", "<AdjustmentCount>0", "<AdjustmentCount>1", "nothing was claimed")]
    [InlineData("acknowledgement.ACK", "2025-10-06T04:30:00Z", "2025-10-06T04:30:01Z", "no STRAN")]
    [InlineData("acknowledgement.ACK", "<AckReturnCode>00", "<AckReturnCode>99", "AckReturnCode")]
    [InlineData("bank.camt053.xml", "<NbOfNtries>2", "<NbOfNtries>3", "NbOfNtries")]
    [InlineData("bank.camt053.xml", "<Sum>631500", "<Sum>631501", "Sum")]
    [InlineData("bank.camt053.xml", "<Amt>631500</Amt>", "<Amt>631400</Amt>", "net")]
    [InlineData("bank.camt053.xml", "<Amt Ccy=\"IRR\">5631500", "<Amt Ccy=\"IRR\">5631501", "do not add up")]
    [InlineData("bank.camt053.xml", "<Amt Ccy=\"IRR\">606500", "<Amt Ccy=\"EUR\">606500", "currency")]
    [InlineData("bank.camt053.xml", "<Amt Ccy=\"IRR\">606500", "<Amt Ccy=\"IRR\">606500.5", "decimal")]
    [InlineData("bank.camt053.xml", "<Amt Ccy=\"IRR\">606500", "<Amt Ccy=\"IRR\">99999999999999999999", "too large")]
    [InlineData("bank.camt053.xml", "<Amt Ccy=\"IRR\">25000", "<Amt Ccy=\"IRR\">-25000", "amount")]
    [InlineData("bank.camt053.xml", "<Amt Ccy=\"IRR\">25000", "<Amt Ccy=\"IRR\">0", "moves nothing")]
    [InlineData("bank.camt053.xml", "<Amt Ccy=\"IRR\">25000", "<Amt Ccy=\"IRR\">0.005", "decimal")]
    [InlineData("bank.camt053.xml", "<Amt Ccy=\"IRR\">25000", "<Amt Ccy=\"IRR\">۲۵۰۰۰", "amount")]
    [InlineData("bank.camt053.xml", "<TxDtls>\n            <Refs><EndToEndId>INV-88", "<Btch><NbOfTxs>2</NbOfTxs></Btch><TxDtls>\n            <Refs><EndToEndId>INV-88", "NbOfTxs is '2'; there are 1")]
    [InlineData("bank.camt053.xml", "<TxDtls>\n            <Refs><EndToEndId>INV-88", "<Btch><NbOfTxs>1</NbOfTxs><TtlAmt Ccy=\"IRR\">25001</TtlAmt></Btch><TxDtls>\n            <Refs><EndToEndId>INV-88", "TtlAmt is 25001; the entry is 25000")]
    [InlineData("bank.camt053.xml", "<MsgId>STMT-2025-285</MsgId>", "", "MsgId")]
    [InlineData("bank.camt053.xml", "<IBAN>IR090570000000000000000042</IBAN>", "<IBAN>../../etc</IBAN>", "account")]
    [InlineData("bank.camt053.xml", "<Document ", "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\"><!ENTITY lol3 \"&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;\">]><Document ", "document type")]
    [InlineData("bank.camt053.xml", "camt.053.001.08", "camt.052.001.08", "namespace")]
    [InlineData("bank.camt053.xml", "encoding=\"UTF-8\"", "encoding=\"windows-1256\"", "encoding")]
    [InlineData("bank.camt053.xml", "<Document ", "<!DOCTYPE Document [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Document ", "document type")]
    [InlineData("bank.camt053.xml", "<BookgDt><Dt>2025-10-12", "<BookgDt><Dt>2925-10-12", "to come")]
    [InlineData("bank.camt053.xml", "<Sts><Cd>BOOK</Cd></Sts>", "<Sts><Cd>WHAT</Cd></Sts>", "Sts")]
    public void A_file_with_one_thing_wrong_is_refused_whole_with_its_reason(string name, string right, string wrong, string reason)
    {
        Make();
        var text = Encoding.UTF8.GetString(Read(name));
        Assert.Contains(right, text);
        Refused(Encoding.UTF8.GetBytes(text.Replace(right, wrong, StringComparison.Ordinal)), reason);
    }

    [Fact]
    public void What_is_no_file_of_a_partner_is_refused()
    {
        Make();
        Refused([], "empty");
        Refused("hello"u8.ToArray(), "XML");
        Refused([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("<a/>")], "UTF-16");
        Refused([.. "<a>"u8, 0xC3, 0x28, .. "</a>"u8], "XML");
        Refused([.. "<a>"u8, 0, .. "</a>"u8], "NUL");
        Refused(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<a>", 50_000))), "");
        // The same line twice.
        var text = Encoding.UTF8.GetString(Read("answer.SRECON"));
        var (begin, end) = (text.IndexOf("    <ReconciliationRecord>", StringComparison.Ordinal), text.IndexOf("</ReconciliationRecord>\n", StringComparison.Ordinal) + "</ReconciliationRecord>\n".Length);
        Refused(Encoding.UTF8.GetBytes(text.Insert(end, text[begin..end]).Replace("<RecordCount>8", "<RecordCount>9", StringComparison.Ordinal)), "twice");
        // Another answer to what was answered.
        Take("answer.SRECON");
        var head = Ledger.Head();
        Assert.Contains("otherwise", Assert.Throws<FileRefusedException>(() => _book.Take("other", Encoding.UTF8.GetBytes(text.Replace("<PostedAmount>100000", "<PostedAmount>100001", StringComparison.Ordinal)), "ada", isDryRun: false)).Message);
        // The same answers in another file are known, line by line.
        var other = _book.Take("other", Encoding.UTF8.GetBytes(text.Replace("T10:00:00Z", "T10:00:01Z", StringComparison.Ordinal)), "ada", isDryRun: false);
        Assert.Equal(["known"], other.Outcome.Select(one => one.Name));
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
        Assert.Equal(head, Ledger.Head());
    }

    [Theory]
    [InlineData("<Refs><EndToEndId>C792-000001</EndToEndId></Refs>", true)]
    [InlineData("<Refs><InstrId>c792000001</InstrId><EndToEndId>NOTPROVIDED</EndToEndId></Refs>", true)]
    [InlineData("<Refs><AcctSvcrRef>PAY C792-000001</AcctSvcrRef></Refs>", true)]
    [InlineData("<RmtInf><Ustrd>claim C792-000</Ustrd><Ustrd>001 of October</Ustrd></RmtInf>", true)]
    [InlineData("<RmtInf><Strd><CdtrRefInf><Ref>RF92C792000001</Ref></CdtrRefInf></Strd></RmtInf>", true)]
    [InlineData("<RmtInf><Strd><CdtrRefInf><Ref>C792-000001</Ref></CdtrRefInf></Strd></RmtInf>", true)]
    [InlineData("<SplmtryData><Envlp><x>C792-000001</x></Envlp></SplmtryData>", true)]
    [InlineData("<RmtInf><Strd><CdtrRefInf><Ref>RF99C792000001</Ref></CdtrRefInf></Strd></RmtInf>", false)]
    [InlineData("<RmtInf><Ustrd>ABC792-000001</Ustrd></RmtInf>", false)]
    [InlineData("<RmtInf><Ustrd>C792-0000019</Ustrd></RmtInf>", false)]
    [InlineData("<RmtInf><Ustrd>C792-000007</Ustrd></RmtInf>", false)]
    public void A_key_is_found_in_any_of_six_carriers_and_only_there(string payment, bool isFound)
    {
        Make();
        Take("answer.SRECON");
        var text = Encoding.UTF8.GetString(Read("bank.camt053.xml"));
        var (begin, end) = (text.IndexOf("<TxDtls>", StringComparison.Ordinal) + 8, text.IndexOf("</TxDtls>", StringComparison.Ordinal));
        _book.Take("bank", Encoding.UTF8.GetBytes(text[..begin] + payment + text[end..]), "ada", isDryRun: false);
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
        Assert.Equal(isFound ? 0 : 606_500, Balance(Clearing));
        Assert.Equal(isFound ? 25_000 : 631_500, Balance(Unapplied));
        Even();
    }

    [Fact]
    public void A_payment_that_names_nothing_is_matched_by_hand_and_one_before_the_answer_is_taken_up_by_it()
    {
        Make();
        // The bank was quicker than the issuer.
        Take("bank.camt053.xml");
        Assert.Equal((631_500, 631_500), (Balance(Bank), Balance(Unapplied)));
        Assert.Equal("excess", _book.OpenPayments(10)[0].Why);
        Take("answer.SRECON");
        Assert.Equal((0, 25_000), (Balance(Clearing), Balance(Unapplied)));
        var payment = Assert.Single(_book.OpenPayments(10));
        Assert.Equal(("none", 25_000), (payment.Why, payment.Amount));
        // Nothing is owed any more.
        Assert.Throws<FileRefusedException>(() => _book.Match(payment.Account, payment.Reference, payment.Part, "C792-000001"));
        Assert.Throws<FileRefusedException>(() => _book.Match(payment.Account, payment.Reference, payment.Part, "C792-000009"));
        Assert.Throws<FileRefusedException>(() => _book.Match(payment.Account, "other", 1, "C792-000001"));
        // A charge rises: the answer to its correction makes something owed.
        Sql(_file, "UPDATE charge SET net = net + 30000 WHERE passage = (SELECT passage FROM claim_line WHERE line = 1)");
        var correction = Assert.Single(Make().Claims);
        Assert.Equal(("C792-000002", "SCORR", 30_000L), (correction.Id, correction.Type, correction.Total));
        Assert.Contains("<RecordType>TB01A</RecordType>", Encoding.UTF8.GetString(Bytes(correction)));
        Answer(correction, (_, line) => ("P", line.Change, 0));
        Assert.Equal(30_000, Balance(Clearing));
        Assert.Equal(25_000, _book.Match(payment.Account, payment.Reference, payment.Part, "C792-000002"));
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
        Assert.Equal((5_000, 0), (Balance(Clearing), Balance(Unapplied)));
        Assert.Equal(5_000, Assert.Single(Items("BANK_SHORT")).Money);
        Assert.Equal(0, Identity("E12").Right.Single(term => term.Name == "unapplied").Money);
        Even();
    }

    [Fact]
    public void A_movement_of_a_notice_is_booked_once_when_the_statement_brings_it_too()
    {
        Make();
        Take("answer.SRECON");
        var statement = Encoding.UTF8.GetString(Read("bank.camt053.xml"));
        var notice = statement.Replace("camt.053", "camt.054", StringComparison.Ordinal).Replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn", StringComparison.Ordinal).Replace("Stmt>", "Ntfctn>", StringComparison.Ordinal);
        Assert.Equal("camt.054", _book.Take("notice", Encoding.UTF8.GetBytes(notice), "ada", isDryRun: false).Type);
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
        var head = Ledger.Head();
        Take("bank.camt053.xml");
        Assert.Equal(head, Ledger.Head());
        Even();
        // The bank cannot say afterwards that it was another amount, nor move it into another statement.
        Refused(Encoding.UTF8.GetBytes(notice.Replace("606500", "606501", StringComparison.Ordinal).Replace("631500", "631501", StringComparison.Ordinal)), "came before", files: 3);
        Refused(Encoding.UTF8.GetBytes(statement.Replace("2025-285</Id>", "2025-286</Id>", StringComparison.Ordinal)), "stands in the statement", files: 3);
        Refused(Encoding.UTF8.GetBytes(notice.Replace("<AcctSvcrRef>2025285-000017</AcctSvcrRef>", "", StringComparison.Ordinal)), "AcctSvcrRef", files: 3);
    }

    [Fact]
    public void Claims_files_and_payments_are_walked_by_keys()
    {
        Make();
        Take("answer.SRECON");
        Take("bank.camt053.xml");
        // A correction, and a statement of another account with a payment of its own.
        Sql(_file, "UPDATE charge SET net = net + 30000 WHERE passage = (SELECT passage FROM claim_line WHERE line = 1)");
        Make();
        _book.Take("other", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Read("bank.camt053.xml")).Replace("0000000042</IBAN>", "0000000041</IBAN>", StringComparison.Ordinal)), "ada", isDryRun: false);
        var (claims, files, payments) = (_book.Claims(10), _book.Files(10), _book.OpenPayments(10));
        Assert.True((claims.Count, files.Count) == (2, 3) && payments.Count >= 2, $"{claims.Count} {files.Count} {payments.Count}");
        Assert.Equal(claims, Walked<ClaimState>(last => _book.Claims(1, last is null ? null : (last.Claim.Made, last.Claim.Id))));
        Assert.Equal(files.Select(file => file.Number), Walked<TakenFile>(last => _book.Files(1, last?.Number)).Select(file => file.Number));
        Assert.Equal(payments, Walked<OpenPayment>(last => _book.OpenPayments(1, last is null ? null : (last.Booked, last.Account, last.Reference, last.Part))));

        static List<T> Walked<T>(Func<T?, IReadOnlyList<T>> page) where T : class
        {
            var all = new List<T>();
            while (page(all.LastOrDefault()) is [var next]) all.Add(next);
            return all;
        }
    }

    [Fact]
    public void A_statement_that_is_missing_is_missed()
    {
        var text = Encoding.UTF8.GetString(Read("bank.camt053.xml"));
        Take("bank.camt053.xml");
        // It begins 1,000 above where the one before ended.
        var later = text.Replace("2025-285</Id>", "2025-287</Id>", StringComparison.Ordinal).Replace("2025-10-12", "2025-10-14", StringComparison.Ordinal).Replace("2025285-", "2025287-", StringComparison.Ordinal)
            .Replace(">5000000<", ">5632500<", StringComparison.Ordinal).Replace(">5631500<", ">6264000<", StringComparison.Ordinal);
        _book.Take("later", Encoding.UTF8.GetBytes(later), "ada", isDryRun: false);
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
        Assert.Equal(1_000, Identity("E12").ResidualMoney);
        Assert.Equal(1_000, Assert.Single(Items("BANK_GAP")).Money);
        var missing = text.Replace("2025-285</Id>", "2025-286</Id>", StringComparison.Ordinal).Replace("2025-10-12", "2025-10-13", StringComparison.Ordinal).Replace("2025285-", "2025286-", StringComparison.Ordinal).Replace("606500", "500", StringComparison.Ordinal)
            .Replace("25000", "500", StringComparison.Ordinal).Replace("631500", "1000", StringComparison.Ordinal).Replace(">5000000<", ">5631500<", StringComparison.Ordinal).Replace(">51000<", ">5632500<", StringComparison.Ordinal);
        _book.Take("missing", Encoding.UTF8.GetBytes(missing), "ada", isDryRun: false);
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
        Even();
        Assert.Empty(Items("BANK_GAP"));
    }

    [Fact]
    public void What_a_system_refused_is_sent_again_three_times_and_comes_back_from_suspense()
    {
        Answer(Assert.Single(Make().Claims), (i, line) => i == 0 ? ("S", 0, 0) : ("P", line.Change, 0));
        for (var time = 1; time <= ClaimBook.ResubmitsMax; time++)
        {
            Assert.Equal((60_000, 0), (-Balance(Suspense), Balance(Receivable)));
            Assert.Empty(Make().Claims);
            var again = Assert.Single(Make(sendAgain: true).Claims);
            _book.Send(Ledger, PeriodPlan.JalaliMonth);
            Assert.Equal((0, 60_000), (Balance(Suspense), Balance(Receivable)));
            Assert.Empty(Items("ISSUER_REJECT"));
            Even();
            Answer(again, (_, line) => time == ClaimBook.ResubmitsMax ? ("O", 0, 0) : ("S", 0, 0));
            Even();
        }
        Assert.Empty(Make(sendAgain: true).Claims);
        Assert.Single(Items("ISSUER_REJECT"));
    }

    [Fact]
    public void A_charge_that_is_no_longer_the_issuers_is_taken_back()
    {
        Answer(Assert.Single(Make().Claims), (_, line) => ("P", line.Change, 0));
        Sql(_file, "UPDATE charge SET payer = 'asset:receivable:4711' WHERE passage = (SELECT passage FROM claim_line WHERE line = 2)");
        Assert.Single(Items("CLAIM_OUTDATED"));
        var back = Assert.Single(Make().Claims);
        Assert.Equal((-60_000, ClaimKind.Correction, 1), (back.Total, back.Kind, back.Rows));
        Assert.Contains("<CorrectionReason>I</CorrectionReason>", Encoding.UTF8.GetString(Bytes(back)));
        Answer(back, (_, line) => ("P", line.Change, 0));
        Assert.Equal(620_000, Balance(Clearing));
        Assert.Empty(Items("CLAIM_OUTDATED"));
        Even();
    }

    [Fact]
    public void E_ZPass_lines_have_201_characters_and_their_answers_find_them_by_the_number_of_the_file()
    {
        var claim = Assert.Single(Make(dialect: ClaimDialect.EZPass).Claims);
        Assert.Equal("0001_0792_20251006043000.ICTX", claim.Name);
        var lines = Encoding.ASCII.GetString(Bytes(claim)).TrimEnd('\n').Split('\n');
        Assert.Equal(("ICTX01.60   000107922025-10-06T04:30:00Z00000008000000000001", 60, 9), (lines[0], lines[0].Length, lines.Length));
        Assert.All(lines.Skip(1), line => Assert.Equal(201, line.Length));
        Assert.Equal("20251005", lines[1][20..28]);
        Assert.Equal(("0792", "0000000101", "000060000", "2025-10-05T09:00:00+03:30", "TPTOLL         ", "L1 "), (lines[1][76..80], lines[1][80..90], lines[1][192..201], lines[1][148..173], lines[1][173..188], lines[1][188..191]));
        var answer = new StringBuilder("ICRX01.60   079200012025-10-07T10:00:00Z00000008000000000001\n");
        for (var i = 1; i < lines.Length; i++) answer.Append(lines[i][..20]).Append(i == 1 ? "TAGB     " : "POST     ").Append(i == 1 ? " 000000000" : " " + lines[i][192..201]).Append(new string(' ', 20)).Append('\n');
        Refused(Encoding.ASCII.GetBytes(answer.ToString().Replace("TAGB", "WHAT", StringComparison.Ordinal)), "status");
        Refused(Encoding.ASCII.GetBytes(answer.ToString().Replace("00000008000000000001", "00000007000000000001", StringComparison.Ordinal)), "count");
        Refused(Encoding.ASCII.GetBytes(answer.ToString().Replace("00000008000000000001", "00000008000000000002", StringComparison.Ordinal)), "claims nothing");
        Refused(Encoding.ASCII.GetBytes(answer.ToString()[..^10]), "characters");
        _book.Take("icrx", Encoding.ASCII.GetBytes(answer.ToString()), "ada", isDryRun: false);
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
        Assert.Equal((620_000, 60_000), (Balance(Clearing), -Balance(Suspense)));
        Even();
    }

    [Fact]
    public void What_a_file_cannot_carry_is_left_out_and_named()
    {
        Sql(_file, "UPDATE charge SET body = CAST(replace(CAST(body AS TEXT), '\"Net\":150000', '\"Net\":1150000') AS BLOB), net = 1150000 WHERE net = 150000");
        var made = Make(dialect: ClaimDialect.EZPass);
        Assert.Equal((7L, 530_000L), (made.Claims[0].Rows, made.Claims[0].Total));
        Assert.Contains("499999", Assert.Single(made.Left).Reason);
        Assert.Equal(1_150_000, Assert.Single(Items("NOT_CLAIMABLE")).Money);
        Assert.Throws<ArgumentException>(() => _book.Make(Request(issuer: 364), Examples.Configuration, isDryRun: false));
        Assert.Throws<ArgumentException>(() => _book.Make(Request() with { Agency = "1" }, Examples.Configuration, isDryRun: false));
        Assert.Throws<ArgumentException>(() => _book.Make(Request() with { From = _month.To, To = _month.From }, Examples.Configuration, isDryRun: false));
    }

    [Fact]
    public void Whatever_an_issuer_answers_in_whatever_parts_every_rial_claimed_is_accounted_for()
    {
        var claim = Assert.Single(Make().Claims);
        var lines = _book.Lines(claim.Id, 0, 100).Select(line => line.Line).ToList();
        var outcome = Gen.OneOf(Gen.Select(Gen.Long[-50_000, 200_000], Gen.Long[0, 900], (posted, fee) => ("P", posted, fee)), Gen.Char["DINSTCO"].Select(letter => (letter.ToString(), 0L, 0L)));
        Gen.Select(outcome.Array[lines.Count], Gen.Shuffle(Enumerable.Range(0, lines.Count).ToArray()), Gen.Int[1, lines.Count]).Sample((outcomes, order, parts) =>
        {
            using var folder = new TemporaryFolder();
            var file = folder["copy.db"];
            Sql(_file, $"VACUUM INTO '{file}'");
            using var book = new ClaimBook(file, Rial, _tehran, Clock);
            using var ledger = SmartCity.Cloud.Tolling.Sqlite.SqliteTollLedger.Open(folder["ledger.db"], Rial, Clock);
            foreach (var part in order.Chunk(parts)) book.Take("part", AnswerOf(claim, part.Select(i => (lines[i], outcomes[i]))), "ada", isDryRun: false);
            book.Send(ledger, PeriodPlan.JalaliMonth);
            using var reconciliation = new TollReconciliation(file, _tehran);
            var identity = reconciliation.Run(_month, ledger, 0, 0, CancellationToken.None).Identities.Single(one => one.Id == "E11");
            Assert.True(identity.Holds, identity.ToString());
            Assert.Equal((claim.Total, outcomes.Where(one => one.Item1 == "P").Sum(one => one.Item2), outcomes.Sum(one => one.Item2 - one.Item3)),
                (identity.Left.Money, identity.Right[0].Money, ledger.FindAccount(Clearing)?.Balance ?? 0));
            Assert.Equal(-claim.Total, ledger.FindAccount(Receivable)!.Balance);
        }, iter: 30);
    }

    private ClaimsMade Make(bool isDryRun = false, bool sendAgain = false, ClaimDialect dialect = ClaimDialect.Niop) => _book.Make(Request() with { SendAgain = sendAgain, Dialect = dialect }, Examples.Configuration, isDryRun);

    private static ClaimRequest Request(ulong issuer = 792) => new(issuer, _month.From, _month.To, ClaimDialect.Niop, "0001", "9001", false, UnixMicros.From(new DateTimeOffset(2025, 10, 6, 4, 30, 0, TimeSpan.Zero)), "ada");

    private TakenFile Take(string name, bool isDryRun = false)
    {
        // The charges of the day were posted to another ledger; here the receivable begins with what is claimed.
        var taken = _book.Take(name, Read(name), "ada", isDryRun);
        if (!isDryRun) _book.Send(Ledger, PeriodPlan.JalaliMonth);
        return taken;
    }

    private void Refused(byte[] content, string reason, int files = 0)
    {
        var chains = Count("claim_chain");
        var refused = Assert.Throws<FileRefusedException>(() => _book.Take("wrong", content, "ada", isDryRun: false));
        Assert.Contains(reason, refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((files, chains), (_book.Files(10).Count, Count("claim_chain")));
    }

    private void Answer(Claim claim, Func<int, ClaimLine, (string Letter, long Posted, long Fee)> say)
    {
        _book.Take("answer", AnswerOf(claim, _book.Lines(claim.Id, 0, 100).Select((line, i) => (line.Line, say(i, line.Line)))), "ada", isDryRun: false);
        _book.Send(Ledger, PeriodPlan.JalaliMonth);
    }

    private static byte[] AnswerOf(Claim claim, IEnumerable<(ClaimLine Line, (string Letter, long Posted, long Fee) Say)> answers)
    {
        var all = answers.ToList();
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"<R><ReconciliationHeader><SubmissionType>SRECON</SubmissionType><SubmissionDateTime>2025-10-08T00:00:00Z</SubmissionDateTime><SSIOPHubID>9001</SSIOPHubID><AwayAgencyID>0001</AwayAgencyID><HomeAgencyID>{claim.IssuerDigits}</HomeAgencyID><TxnDataSeqNo>{claim.Sequence}</TxnDataSeqNo><RecordCount>{all.Count}</RecordCount></ReconciliationHeader><ReconciliationDetail>");
        foreach (var (line, say) in all)
            text.Append(CultureInfo.InvariantCulture, $"<ReconciliationRecord><TxnReferenceID>{line.Transaction}</TxnReferenceID><AdjustmentCount>{line.Adjustment}</AdjustmentCount><ResubmitCount>{line.Resubmit}</ResubmitCount><PostingDisposition>{say.Letter}</PostingDisposition><PostedAmount>{say.Posted}</PostedAmount><TransFlatFee>{say.Fee}</TransFlatFee></ReconciliationRecord>");
        return Encoding.UTF8.GetBytes(text.Append("</ReconciliationDetail></R>").ToString());
    }

    private byte[] Bytes(Claim claim)
    {
        using var stream = new MemoryStream();
        _book.Write(claim, stream);
        return stream.ToArray();
    }

    /// <summary>Balance of an account; what is claimed counts as charged to the receivable before.</summary>
    private long Balance(string account)
    {
        var balance = Ledger.FindAccount(account)?.Balance ?? 0;
        return account == Receivable ? balance + _book.Claims(100).Sum(claim => claim.Claim.Total) - SentAgain() : balance;
    }

    private long SentAgain()
    {
        using var connection = new SqliteConnection($"Data Source={_file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(sum(change), 0) FROM claim_line WHERE resubmit > 0";
        return (long)command.ExecuteScalar()!;
    }

    private ReconRun Run()
    {
        using var reconciliation = new TollReconciliation(_file, _tehran);
        return reconciliation.Run(_month, Ledger, int.MaxValue, 0, TestContext.Current.CancellationToken);
    }

    private ReconIdentity Identity(string id) => Run().Identities.Single(one => one.Id == id);

    private List<ReconItem> Items(string? code = null) => [.. Run().Items.Where(item => code is null ? item.Class is "AMOUNT_MISMATCH" or "BANK_UNAPPLIED" or "ISSUER_REJECT" or "BANK_SHORT" or "BANK_UNPAID" or "UNANSWERED" or "NOT_CLAIMED" or "NOT_POSTED" : item.Class == code)];

    private static (long, long) Sums(List<ReconItem> items) => (items.Sum(item => item.Count), items.Sum(item => item.Money ?? 0));

    private void Even()
    {
        foreach (var id in (string[])["E10", "E11", "E12"]) Assert.True(Identity(id) is { Holds: true }, Identity(id).ToString());
    }

    private ClaimBook NewBook() => new(_file, Rial, _tehran, Clock);

    private static byte[] Read(string name) => File.ReadAllBytes(SettledDay.Shipped(name));

    private long Count(string table)
    {
        using var connection = new SqliteConnection($"Data Source={_file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The names are those of this test.
        command.CommandText = $"SELECT count(*) FROM {table}";
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }

    private static void Sql(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The texts are those of this test.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
