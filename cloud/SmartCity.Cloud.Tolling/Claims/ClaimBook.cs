using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Claims.Files;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>
/// What partners were asked to pay, what they answered, and what came in the bank. Each change is one commit with the chains of transfers that follow from it; they go to
/// the ledger with <see cref="Send"/>, which may be cut off and done again. One thread at a time; several may be open.
/// </summary>
public sealed class ClaimBook : IDisposable
{
    /// <summary>How often a line that an issuer refused is sent again.</summary>
    public const int ResubmitsMax = 3;
    private const int ChainsOfCommit = 1_000;
    private const string ClaimColumns = "id, issuer, sequence, dialect, kind, agency, hub, currency, first_day, last_day, made, by, name, rows, total, hash, acknowledged";

    private readonly SqliteConnection _connection;
    private readonly Statements _statements;
    private readonly LedgerIdentity _identity;
    private readonly TimeZoneInfo _zone;
    private readonly TimeProvider _clock;

    /// <summary>Opens the store of passages and charges.</summary>
    /// <param name="file">The file of events, passages and charges; it is there.</param>
    /// <param name="identity">What the ledger is of.</param>
    /// <param name="zone">Zone of business dates.</param>
    /// <param name="clock">Says when something was done.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public ClaimBook(string file, LedgerIdentity identity, TimeZoneInfo zone, TimeProvider clock)
    {
        (_identity, _zone, _clock) = (identity, zone, clock);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        _statements = new Statements(_connection);
        _statements.Run(ClaimSchema.Tables);
    }

    /// <summary>Makes claims of what an issuer owes and was not asked for. A charge is claimed once; the same request again finds nothing.</summary>
    /// <param name="request">What.</param>
    /// <param name="configuration">Names toll points, lanes, classes and issuers.</param>
    /// <param name="isDryRun">Whether it is only looked at: nothing is kept.</param>
    /// <exception cref="ArgumentException">There is no such issuer, or a number or a date is none.</exception>
    public ClaimsMade Make(ClaimRequest request, TollConfiguration configuration, bool isDryRun)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(configuration);
        foreach (var (name, digits) in ((string, string)[])[("agency", request.Agency), ("hub", request.Hub)])
            if (digits is not { Length: 4 } || !digits.All(char.IsAsciiDigit)) throw new ArgumentException($"The number of the {name} is four digits, not '{digits}'.");
        if (request.From > request.To) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The first date {request.From:yyyy-MM-dd} is after the last {request.To:yyyy-MM-dd}."));
        if (configuration.Registers.IssuerOf(request.Issuer) is not { IsDomestic: false, Number: <= 9999 } issuer)
            throw new ArgumentException($"{request.Issuer} is no issuer that can be asked; those with a number of at most four digits that are not domestic are: {string.Join(", ", IssuersOf(configuration).Select(one => one.Number))}.");
        return Change(() => new ClaimMaking(_statements, _identity).Make(request, issuer, configuration), isDryRun);
    }

    /// <summary>What each issuer owes and was not asked for.</summary>
    public IReadOnlyList<ClaimDue> Due(TollConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var making = new ClaimMaking(_statements, _identity);
        return [.. IssuersOf(configuration).Select(making.DueOf)];
    }

    /// <summary>Claims, the newest first.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="before">The last that is known, by when it was made and its id; null from the newest.</param>
    public IReadOnlyList<ClaimState> Claims(int max, (long Made, string Id)? before = null) => _statements.Read(
        $"SELECT {ClaimColumns} FROM claim WHERE $2 IS NULL OR (made, id) < ($2, $3) ORDER BY made DESC, id DESC LIMIT $1", ReadClaim, max, before?.Made, before?.Id).ConvertAll(StateOf);

    /// <summary>One claim; null where there is none.</summary>
    public ClaimState? Find(string id) => _statements.Read($"SELECT {ClaimColumns} FROM claim WHERE id = $1", ReadClaim, id) is [var claim] ? StateOf(claim) : null;

    /// <summary>Lines of a claim with what became of each, in order.</summary>
    /// <param name="id">Claim.</param>
    /// <param name="after">Lines above this number.</param>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<ClaimLineState> Lines(string id, int after, int max) => _statements.Read(
        "SELECT l.line, l.body, a.disposition, a.code, a.posted, a.fee, a.day FROM claim_line l LEFT JOIN claim_answer a ON a.claim = l.claim AND a.line = l.line WHERE l.claim = $1 AND l.line > $2 ORDER BY l.line LIMIT $3",
        row => new ClaimLineState(row.GetInt32(0), JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(1), ClaimJson.Default.ClaimLine)!, row.IsDBNull(2) ? null : (Disposition)row.GetInt64(2), row.IsDBNull(3) ? null : row.GetString(3),
            row.IsDBNull(4) ? null : row.GetInt64(4), row.IsDBNull(5) ? null : row.GetInt64(5), row.IsDBNull(6) ? null : DateOnly.FromDayNumber(row.GetInt32(6))), id, after, max);

    /// <summary>Writes the file of a claim, the same bytes as when it was made.</summary>
    /// <exception cref="InvalidDataException">They are others: what was kept has been changed.</exception>
    public void Write(Claim claim, Stream to)
    {
        ArgumentNullException.ThrowIfNull(claim);
        var hash = ClaimFile.Write(to, claim, AllLines(claim.Id));
        if (hash != claim.Hash) throw new InvalidDataException($"{claim.Name} has the SHA-256 {hash} now; it was made with {claim.Hash}.");
    }

    /// <summary>Takes an issuer's answer or a bank's file, whole or not at all. One whose content was taken before changes nothing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="by">Who gives it.</param>
    /// <param name="isDryRun">Whether it is only looked at: nothing is kept.</param>
    /// <param name="wanted">What it has to be: <c>answer</c> or <c>bank</c>; null for either.</param>
    /// <exception cref="FileRefusedException">Why nothing of it was taken, and where.</exception>
    public TakenFile Take(string name, ReadOnlyMemory<byte> content, string by, bool isDryRun, string? wanted = null)
    {
        if (content.Length > BankOrAnswerFile.BytesMax) throw new FileRefusedException("", $"the file has {content.Length} bytes; at most {BankOrAnswerFile.BytesMax} are read");
        if (content.IsEmpty) throw new FileRefusedException("", "the file is empty");
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        if (FileOf("hash", hash) is { } known) return known with { IsKnown = true };
        var (answer, bank) = Read(content, wanted);
        return Change(() =>
        {
            // Somebody else may have been quicker.
            if (FileOf("hash", hash) is { } other) return other with { IsKnown = true };
            var number = Convert.ToInt32(_statements.Ask("SELECT coalesce(max(number), 0) + 1 FROM toll_file"), CultureInfo.InvariantCulture);
            var (counts, import) = (new OutcomeCounts(), new BankImport(_statements, Today));
            if (answer is not null)
                foreach (var claim in new AnswerImport(_statements, _zone, Today).Take(answer, number, counts)) import.Settle(claim);
            else import.Take(bank!, number, counts);
            var rows = answer is { Acknowledgement: null } ? answer.Lines.Count : answer is not null ? 1 : bank!.Statements.Sum(statement => (long)statement.Entries.Count);
            var total = answer?.Lines.Sum(line => line.Posted) ?? bank!.Statements.Sum(statement => statement.Entries.Sum(entry => entry.Amount));
            var taken = new TakenFile(isDryRun ? 0 : number, hash, answer?.Type ?? bank!.Type, NameOf(name), UnixMicros.Now(_clock), by, rows, total, counts.All);
            _statements.Run("INSERT INTO toll_file VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)", number, hash, taken.Type, taken.Name, taken.At, by, rows, total, JsonSerializer.SerializeToUtf8Bytes(counts.All, FileJson.Default.ListFileOutcome));
            return taken;
        }, isDryRun);
    }

    /// <summary>Files that were taken, the newest first.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="before">Number of the last that is known; null from the newest.</param>
    public IReadOnlyList<TakenFile> Files(int max, int? before = null) => _statements.Read(
        "SELECT number, hash, type, name, at, by, rows, total, outcome FROM toll_file WHERE $2 IS NULL OR number < $2 ORDER BY number DESC LIMIT $1", ReadFile, max, before);

    /// <summary>Payments that no claim was found for, or only in part, the oldest first.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="after">The last that is known; null from the oldest.</param>
    public IReadOnlyList<OpenPayment> OpenPayments(int max, (DateOnly Booked, string Account, string Reference, int Part)? after = null) => _statements.Read(
        """
        SELECT p.account, p.reference, p.part, e.booked, p.amount, p.matched, p.claim, p.why, p.text FROM bank_part p JOIN bank_entry e ON e.account = p.account AND e.reference = p.reference
        WHERE p.matched <> p.amount AND ($2 IS NULL OR (e.booked, p.account, p.reference, p.part) > ($2, $3, $4, $5)) ORDER BY e.booked, 1, 2, 3 LIMIT $1
        """,
        row => new OpenPayment(row.GetString(0), row.GetString(1), row.GetInt32(2), DateOnly.FromDayNumber(row.GetInt32(3)), row.GetInt64(4), row.GetInt64(5), row.IsDBNull(6) ? null : row.GetString(6), row.IsDBNull(7) ? "none" : row.GetString(7), row.GetString(8)), max, after?.Booked.DayNumber, after?.Account, after?.Reference, after?.Part);

    /// <summary>Says which claim a payment is for, and pays it as far as it is owed.</summary>
    /// <returns>What was paid, minor units.</returns>
    /// <exception cref="FileRefusedException">Why it is not possible.</exception>
    public long Match(string account, string reference, int part, string claim) => Change(() => new BankImport(_statements, Today).Match(account, reference, part, claim), isDryRun: false);

    /// <summary>Sends to the ledger what follows from answers and bank entries and is not in it yet.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="plan">How periods are opened when a date needs one; null where people open them.</param>
    /// <param name="alsoRefused">Whether what the ledger refused is tried again.</param>
    /// <returns>How many chains the ledger took.</returns>
    public int Send(ITollLedger ledger, PeriodPlan? plan, bool alsoRefused = false)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        var taken = alsoRefused ? Once(PostingState.Refused).Posted : 0;
        // A chain that goes into another batch waits again: after that it is in, or refused.
        for (var (sent, posted) = Once(PostingState.Waiting); sent > 0; (sent, posted) = Once(PostingState.Waiting)) taken += posted;
        return taken;

        (int Sent, int Posted) Once(PostingState state) => ClaimChains.Send(_statements, work => Change(() =>
        {
            work();
            return 0;
        }, isDryRun: false), ledger, plan, state, ChainsOfCommit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }

    private DateOnly Today => ZonedDates.Of(UnixMicros.Now(_clock), _zone);

    private static IEnumerable<Issuer> IssuersOf(TollConfiguration configuration) => configuration.Registers.Issuers.Where(issuer => !issuer.IsDomestic && issuer.Number <= 9999).OrderBy(issuer => issuer.Number);

    private (AnswerFile? Answer, BankFile? Bank) Read(ReadOnlyMemory<byte> content, string? wanted)
    {
        var isFixed = content.Span.StartsWith("ICRX"u8) || content.Span.StartsWith("ICTX"u8);
        var isBank = !isFixed && content.Span.IndexOf("urn:iso:std:iso:20022"u8) is >= 0 and < 4_096;
        if (wanted == "bank" || (wanted is null && isBank)) return (null, new CamtReader(_identity.Currency, _identity.Scale).Read(content));
        return (isFixed ? IcrxReader.Read(content) : NiopReader.Read(content), null);
    }

    private IEnumerable<ClaimLine> AllLines(string id)
    {
        const int Page = 5_000;
        for (var after = 0; ; after += Page)
        {
            var page = Lines(id, after, Page);
            foreach (var line in page) yield return line.Line;
            if (page.Count < Page) yield break;
        }
    }

    private ClaimState StateOf(Claim claim) => _statements.Read(
        """
        SELECT count(a.line), coalesce(sum(a.posted), 0), coalesce(sum(a.fee), 0), coalesce(sum(CASE WHEN a.disposition = 1 THEN l.change - a.posted ELSE 0 END), 0), coalesce(sum(CASE WHEN a.disposition > 1 THEN l.change ELSE 0 END), 0),
          coalesce((SELECT sum(matched) FROM bank_part WHERE claim = $1), 0)
        FROM claim_line l LEFT JOIN claim_answer a ON a.claim = l.claim AND a.line = l.line WHERE l.claim = $1
        """, row => new ClaimState(claim, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)), claim.Id).Single();

    private TakenFile? FileOf(string column, string value) => _statements.Read($"SELECT number, hash, type, name, at, by, rows, total, outcome FROM toll_file WHERE {column} = $1", ReadFile, value).SingleOrDefault();

    private static TakenFile ReadFile(SqliteDataReader row) => new(row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetString(5), row.GetInt64(6), row.GetInt64(7),
        JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(8), FileJson.Default.ListFileOutcome)!);

    private static Claim ReadClaim(SqliteDataReader row) => new(row.GetString(0), ulong.Parse(row.GetString(1), NumberStyles.None, CultureInfo.InvariantCulture), row.GetInt32(2), (ClaimDialect)row.GetInt64(3), (ClaimKind)row.GetInt64(4),
        row.GetString(5), row.GetString(6), row.GetString(7), DateOnly.FromDayNumber(row.GetInt32(8)), DateOnly.FromDayNumber(row.GetInt32(9)), row.GetInt64(10), row.GetString(11), row.GetString(12), row.GetInt64(13), row.GetInt64(14),
        row.GetString(15), row.IsDBNull(16) ? null : row.GetString(16));

    /// <summary>The last part of a path, without what a terminal would obey, at most 100 characters.</summary>
    private static string NameOf(string name)
    {
        var last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var text = new StringBuilder();
        foreach (var rune in last.EnumerateRunes())
            if (!Rune.IsControl(rune) && text.Length < 100) text.Append(rune);
        return text.Length == 0 ? "file" : text.ToString();
    }

    private T Change<T>(Func<T> change, bool isDryRun)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        _statements.Transaction = transaction;
        try
        {
            var result = change();
            if (!isDryRun) transaction.Commit();
            return result;
        }
        finally
        {
            _statements.Transaction = null;
        }
    }
}
