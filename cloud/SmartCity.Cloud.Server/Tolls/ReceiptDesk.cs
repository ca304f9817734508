using System.Security.Cryptography;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Receipts of sealed periods: made, given out, and checked. Safe for several threads.</summary>
internal sealed class ReceiptDesk : IDisposable
{
    private readonly ECDsa _key;
    private readonly SqliteReceiptStore _store;
    private readonly TollBooks _books;
    private readonly Func<ITollLedger> _ledger;
    private readonly PlateVault _vault;
    private readonly TimeProvider _clock;
    private readonly TimeZoneInfo _zone;
    private readonly SemaphoreSlim _due = new(1, 1);

    public ReceiptDesk(ServerOptions options, TollBooks books, Func<ITollLedger> ledger, PlateVault vault, TimeProvider clock)
    {
        (_books, _ledger, _vault, _clock) = (books, ledger, vault, clock);
        _zone = TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone);
        _key = SigningKey.Open(options.Data, "receipts");
        _store = new SqliteReceiptStore(Path.Combine(options.Data, "tolling", "receipts.db"));
        PublicKey = _key.ExportSubjectPublicKeyInfoPem() + "\n";
        KeyId = SigningKey.IdOf(_key);
    }

    /// <summary>The key by which receipts are checked, PEM.</summary>
    public string PublicKey { get; }

    /// <summary>Its thumbprint.</summary>
    public string KeyId { get; }

    /// <summary>The trees, in order of period and batch.</summary>
    public IReadOnlyList<ReceiptTree> Trees => _store.Trees();

    /// <summary>Where what leaves commit to is erased.</summary>
    public SqliteReceiptStore Store => _store;

    /// <summary>Asks that receipts are made of what was sealed.</summary>
    public void AskToMake()
    {
        try
        {
            _due.Release();
        }
        catch (SemaphoreFullException)
        {
            // They are asked for already.
        }
    }

    /// <summary>Waits until receipts are asked for, or for a while.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _due.WaitAsync(atMost, cancellationToken);

    /// <summary>Makes the trees of periods that were sealed and have none.</summary>
    public IReadOnlyList<ReceiptTree> MakeDue(CancellationToken cancellationToken)
    {
        using var queries = _books.OpenQueries();
        return new PeriodReceipts(_store, _ledger(), _key, id => SubjectOf(queries, id), _vault.SaltKeyOf, _clock).MakeDue(cancellationToken);
    }

    /// <summary>Whether a sealed period holds a charge.</summary>
    public bool Has(string charge) => _store.Find(charge).Count > 0;

    /// <summary>The receipt of a charge; null where no sealed period holds it.</summary>
    /// <exception cref="InvalidOperationException">It was erased by the rules of retention.</exception>
    public TollReceipt? Find(string charge) => _store.Give(charge, _vault.SaltKeyOf);

    /// <summary>Checks a receipt by the key of this server: or, where an earlier key of it signed the tree, by that.</summary>
    public ReceiptCheck Check(string text)
    {
        var check = TollReceipt.Check(text, null, ReceiptText.All);
        return check.Receipt is { } receipt && !IsOwn(receipt.PublicKey) ? new ReceiptCheck(ReceiptFault.OtherKey, null) : check;
    }

    /// <summary>What is known of a passage, for receipts and statements.</summary>
    public ReceiptSubject? SubjectOf(PassageQueries queries, string id) => queries.FindCharge(id) is { } charge
        ? new ReceiptSubject(TimeZoneInfo.ConvertTime(UnixMicros.ToTime(charge.Time), _zone), charge.TollPoint, queries.FindPassage(id)?.ClassCharged, charge.Tariff)
        : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _store.Dispose();
        _key.Dispose();
        _due.Dispose();
    }

    private bool IsOwn(byte[] publicKey) => SigningKey.IdOf(publicKey) == KeyId || Trees.Any(tree => tree.PublicKey.AsSpan().SequenceEqual(publicKey));
}
