using System.Globalization;
using System.Security.Cryptography;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>
/// Makes the trees of sealed periods from what the ledger booked in them, of which receipts are given out. What is charged is the sum of the postings, not what
/// a table beside them says. A period whose trees are made is passed over, so that it can be asked again at any time.
/// </summary>
/// <param name="store">Where trees stand.</param>
/// <param name="ledger">The ledger.</param>
/// <param name="key">Signs checkpoints; ECDSA P-256.</param>
/// <param name="subjectOf">What is known of a passage; null where nothing is any more.</param>
/// <param name="saltKeyOf">Key of the vault for a business date; throws <see cref="InvalidOperationException"/> where it was erased.</param>
/// <param name="clock">Says when a checkpoint is made.</param>
public sealed class PeriodReceipts(SqliteReceiptStore store, ITollLedger ledger, ECDsa key, Func<string, ReceiptSubject?> subjectOf, Func<DateOnly, byte[]> saltKeyOf, TimeProvider clock)
{
    private const int Page = 10_000;

    private readonly byte[] _publicKey = key.ExportSubjectPublicKeyInfo();

    /// <summary>Makes the trees of all sealed periods that have none yet, in order.</summary>
    /// <param name="cancellationToken">Stops it; of the period under way nothing is kept.</param>
    /// <returns>The trees made.</returns>
    public IReadOnlyList<ReceiptTree> MakeDue(CancellationToken cancellationToken)
    {
        var made = new List<ReceiptTree>();
        var last = store.Trees() is [.., var tree] ? tree.Period : 0;
        foreach (var period in ledger.Periods().Where(period => period.State == PeriodState.Sealed && period.Number > last)) made.AddRange(Make(period, cancellationToken));
        return made;
    }

    private List<ReceiptTree> Make(Period period, CancellationToken cancellationToken)
    {
        var trees = new List<ReceiptTree>();
        store.Change(writer =>
        {
            Gather(writer, period, cancellationToken);
            foreach (var batch in writer.Batches().Prepend(BatchKind.Normal).Distinct())
            {
                var (size, net, vat) = (0L, 0L, 0L);
                writer.ForEach(batch, booking =>
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var text = TollReceipt.TextOf(FieldsOf(period, batch, booking));
                    writer.Put(period.Number, batch, size, booking, text, Commitment.Leaf(Commitment.Salt(saltKeyOf(booking.Day), booking.Charge), text));
                    (size, net, vat) = (size + 1, net + booking.Net, vat + booking.Vat);
                });
                var (root, now) = (writer.Root(period.Number, batch, size), UnixMicros.Now(clock));
                var checkpoint = new Checkpoint($"{ledger.Identity.Name}/receipts/{ReceiptTree.NameOf(period.Number, batch)}", size, root, now / 1_000_000).Sign(key);
                var tree = new ReceiptTree(period.Number, batch, size, net, vat, root, checkpoint, _publicKey, now);
                writer.Put(tree);
                trees.Add(tree);
            }
        });
        return trees;
    }

    /// <summary>Adds up what was booked in a period, charge by charge.</summary>
    private void Gather(SqliteReceiptStore.Writer writer, Period period, CancellationToken cancellationToken)
    {
        // Nothing is booked in a period before it is opened, nor after its seal.
        for (var after = store.OpenedAt(period.Number); ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = ledger.Entries(new EntryQuery(after, Page));
            foreach (var entry in page)
            {
                if (entry.Event is PeriodOpened opened) writer.Opened(opened.Period, entry.Number);
                if (entry.Event is TransferPosted posted && posted.Period == period.Number && PartOf(posted.Transfer) is { } part)
                {
                    var transfer = posted.Transfer;
                    var batch = period.From <= transfer.EffectiveDate && transfer.EffectiveDate <= period.To ? BatchKind.Normal : transfer.Batch;
                    writer.Book(transfer.Links.Charge!, transfer.EffectiveDate, batch, part.Net, part.Vat, transfer.Reverses is null ? transfer.Debit : null, transfer.Links.Lane);
                }
            }
            if (page.Count < Page || page[^1].Number >= period.Changed) return;
            after = page[^1].Number;
        }
    }

    private List<KeyValuePair<string, string>> FieldsOf(Period period, BatchKind batch, SqliteReceiptStore.Booking booking)
    {
        var (net, vat) = (booking.Net, booking.Vat);
        var before = (Net: 0L, Vat: 0L);
        if (batch != BatchKind.Normal)
        {
            foreach (var part in ledger.Entries(new EntryQuery(0, Page, null, booking.Charge)).Select(entry => entry.Event).OfType<TransferPosted>().Where(posted => posted.Period < period.Number).Select(posted => PartOf(posted.Transfer)).OfType<(long Net, long Vat)>())
                before = (before.Net + part.Net, before.Vat + part.Vat);
        }
        var subject = subjectOf(booking.Charge);
        var fields = new List<KeyValuePair<string, string>>();
        Add("charge", booking.Charge);
        Add("ledger", ledger.Identity.Name);
        Add("period", string.Create(CultureInfo.InvariantCulture, $"{period.Number} ({period.From:yyyy-MM-dd}/{period.To:yyyy-MM-dd})"));
        Add("batch", ReceiptTree.Word(batch));
        Add("date", booking.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Add("time", subject?.Time.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));
        Add("point", subject?.TollPoint);
        Add("lane", booking.Lane);
        Add("class", subject?.VehicleClass);
        Add("tariff", subject?.Tariff);
        Add("payer", booking.Payer);
        if (batch == BatchKind.Rerated) Add("before", Money(before.Net + before.Vat));
        Add("net", Money(before.Net + net));
        Add("tax", Money(before.Vat + vat));
        Add("total", Money(before.Net + before.Vat + net + vat));
        return fields;

        void Add(string name, string? value)
        {
            // What devices and files name may hold anything; a receipt has one line a field.
            if (value is not null && string.Concat(value.Where(c => !char.IsControl(c))).Trim() is { Length: > 0 } line) fields.Add(KeyValuePair.Create(name, line));
        }
    }

    private string Money(long minor) => $"{ExactAmount.OfMinor(minor, ledger.Identity.Scale).ToString()} {ledger.Identity.Currency}";

    /// <summary>What a transfer adds to a charge; null where it is none of a charge's amount.</summary>
    internal static (long Net, long Vat)? PartOf(Transfer transfer)
    {
        if (transfer.Links.Charge is null || transfer.Code is not (TransferCode.Charge or TransferCode.Reversal)) return null;
        var (amount, earner) = transfer.Reverses is null ? (transfer.Amount, transfer.Credit) : (-transfer.Amount, transfer.Debit);
        return earner == "liability:vat" ? (0, amount)
            : earner.StartsWith("liability:concession:", StringComparison.Ordinal) || earner.StartsWith("income:toll", StringComparison.Ordinal) ? (amount, 0) : null;
    }
}
