using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>
/// Reads camt.053 and camt.054 of ISO 20022. Every sum that a file gives is added up anew: entries to the closing balance, payments to their entry, totals of
/// the summary; a file that does not add up is refused.
/// </summary>
/// <param name="currency">Currency of the ledger.</param>
/// <param name="scale">Its decimal places.</param>
internal sealed class CamtReader(string currency, int scale)
{
    private const string Prefix = "urn:iso:std:iso:20022:tech:xsd:camt.05";
    private const int TextMax = 200;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FileRefusedException">It is not what is expected.</exception>
    public BankFile Read(ReadOnlyMemory<byte> content) => StrictXml.Read(content, Document);

    private BankFile Document(XmlReader xml)
    {
        var place = StrictXml.PlaceOf(xml);
        var name = xml.NamespaceURI;
        if (xml.LocalName != "Document" || !name.StartsWith(Prefix, StringComparison.Ordinal) || name[Prefix.Length..] is not ['3' or '4', '.', '0', '0', '1', '.', var tens, var ones] || !char.IsAsciiDigit(tens) || !char.IsAsciiDigit(ones))
            throw new FileRefusedException(place, $"the root is {BankOrAnswerFile.Shown(xml.LocalName)} of the namespace {BankOrAnswerFile.Shown(name)}; Document of {Prefix}3.001.xx or {Prefix}4.001.xx is needed");
        var isStatement = name[Prefix.Length] == '3';
        var (message, list) = isStatement ? ("BkToCstmrStmt", "Stmt") : ("BkToCstmrDbtCdtNtfctn", "Ntfctn");
        XElement? header = null;
        var statements = new List<BankStatement>();
        foreach (var step in StrictXml.Steps(xml))
        {
            if (step != message) throw new FileRefusedException(StrictXml.PlaceOf(xml), $"{message} is needed here");
            foreach (var part in StrictXml.Steps(xml))
            {
                if (xml.NamespaceURI != name) throw new FileRefusedException(StrictXml.PlaceOf(xml), $"the namespace is {BankOrAnswerFile.Shown(xml.NamespaceURI)}");
                if (part == "GrpHdr") header = StrictXml.Whole(xml);
                else if (part == list) statements.Add(Statement(xml, isStatement));
                else if (part != "SplmtryData") throw new FileRefusedException(StrictXml.PlaceOf(xml), $"GrpHdr or {list} is needed here");
                else StrictXml.Whole(xml);
            }
        }
        if (header is null || statements.Count == 0) throw new FileRefusedException(place, $"a {message} with GrpHdr and at least one {list} is needed");
        if (statements.GroupBy(one => (one.Account, one.Id)).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new FileRefusedException(place, $"{list} {BankOrAnswerFile.Shown(twice.Key.Id)} stands twice in the file");
        return new BankFile(isStatement ? "camt.053" : "camt.054", StrictXml.Need(header, "MsgId"), statements);
    }

    private BankStatement Statement(XmlReader xml, bool isStatement)
    {
        var place = StrictXml.PlaceOf(xml);
        string? id = null, account = null;
        XElement? summary = null;
        var balances = new Dictionary<string, (long Amount, DateOnly Date)>(StringComparer.Ordinal);
        var (booked, notBooked, all) = (new List<Raw>(), 0, new List<long>());
        foreach (var step in StrictXml.Steps(xml))
        {
            switch (step)
            {
                case "Id": id = StrictXml.Whole(xml).Value.Trim(); break;
                case "Acct": account = AccountOf(StrictXml.Whole(xml)); break;
                case "Bal" when isStatement: Balance(StrictXml.Whole(xml), balances); break;
                case "TxsSummry": summary = StrictXml.Whole(xml); break;
                case "Ntry":
                    var entry = StrictXml.Whole(xml);
                    var amount = Signed(entry, AmountOf(entry));
                    all.Add(amount);
                    if (StatusOf(entry) == "BOOK") booked.Add(Entry(entry, amount));
                    else notBooked++;
                    break;
                default: StrictXml.Whole(xml); break;
            }
        }
        if (id is not { Length: > 0 and <= 35 }) throw new FileRefusedException(place, "an Id of 1–35 characters is needed");
        if (account is null) throw new FileRefusedException(place, "Acct/Id/IBAN or Acct/Id/Othr/Id is needed");
        if (summary is not null) CheckSummary(summary, all);
        (long, DateOnly)? opening = balances.TryGetValue("OPBD", out var open) ? open : balances.TryGetValue("PRCD", out var previous) ? previous : null;
        (long, DateOnly)? closing = balances.TryGetValue("CLBD", out var close) ? close : null;
        if (isStatement && (opening is null || closing is null)) throw new FileRefusedException(place, "Bal of OPBD (or PRCD) and of CLBD are needed");
        if (opening is var (before, from) && closing is var (after, to))
        {
            var sum = Sum(booked.Select(entry => entry.Amount), place);
            if (Sum([before, sum], place) != after)
                throw new FileRefusedException(place, string.Create(CultureInfo.InvariantCulture, $"the entries do not add up: opening {before} and entries {sum} make {before + sum}; the closing balance is {after}"));
            if (to < from) throw new FileRefusedException(place, string.Create(CultureInfo.InvariantCulture, $"the closing balance is of {to:yyyy-MM-dd}, before the opening one of {from:yyyy-MM-dd}"));
        }
        var entries = Named(booked, account);
        if (!isStatement && entries.FirstOrDefault(entry => entry.Reference[0] == '~') is { } nameless)
            throw new FileRefusedException(nameless.Place, "AcctSvcrRef is missing: without it the movement could not be told again in the statement, and would be booked twice");
        var dates = entries.Count == 0 ? [DateOnly.MinValue] : entries.Select(entry => entry.Booked).ToList();
        return new BankStatement(id, account, opening?.Item1, closing?.Item1, opening?.Item2 ?? dates.Min(), closing?.Item2 ?? dates.Max(), entries, notBooked);
    }

    private sealed record Raw(string? Reference, long Amount, DateOnly Booked, DateOnly Value, bool IsReversal, IReadOnlyList<BankPart> Parts, string Place, string Content);

    private Raw Entry(XElement entry, long amount)
    {
        var place = StrictXml.PlaceOf(entry);
        if (amount == 0) throw new FileRefusedException(place, "an entry of 0 moves nothing");
        var booked = DateOf(entry, "BookgDt") ?? throw new FileRefusedException(place, "BookgDt is missing");
        CheckBatches(entry, amount);
        var payments = StrictXml.All(entry, "NtryDtls").SelectMany(details => StrictXml.All(details, "TxDtls")).ToList();
        var parts = new List<BankPart>();
        if (payments.Count <= 1) parts.Add(Part(payments.FirstOrDefault(), entry, amount));
        else
        {
            foreach (var payment in payments)
            {
                var of = StrictXml.One(payment, "Amt") is not null ? payment : StrictXml.One(StrictXml.One(payment, "AmtDtls"), "TxAmt") ?? throw new FileRefusedException(StrictXml.PlaceOf(payment), "one of several payments of an entry has no Amt");
                var one = AmountOf(of);
                parts.Add(Part(payment, null, StrictXml.One(payment, "CdtDbtInd") is null ? (amount < 0 ? -one : one) : Signed(payment, one)));
            }
            if (Sum(parts.Select(part => part.Amount), place) != amount)
                throw new FileRefusedException(place, string.Create(CultureInfo.InvariantCulture, $"its payments come to {parts.Sum(part => part.Amount)}; the entry is {amount}"));
            if (parts.Exists(part => part.Amount == 0)) throw new FileRefusedException(place, "a payment of 0 moves nothing");
        }
        var reversal = StrictXml.Text(entry, "RvslInd");
        if (reversal is not (null or "true" or "false" or "1" or "0")) throw new FileRefusedException(place, $"RvslInd is {BankOrAnswerFile.Shown(reversal)}");
        var reference = Given(StrictXml.Text(entry, "AcctSvcrRef")) ?? (payments.Count == 1 ? Given(StrictXml.Text(payments[0], "Refs", "AcctSvcrRef")) : null);
        if (reference is { Length: > 35 }) throw new FileRefusedException(place, "AcctSvcrRef has more than 35 characters");
        return new Raw(reference, amount, booked, DateOf(entry, "ValDt") ?? booked, reversal is "true" or "1", parts, place, entry.ToString(SaveOptions.DisableFormatting));
    }

    /// <summary>A batch says how many payments it is and what they come to; where they stand there, they must be those, and a batch that is the whole entry must come to it.</summary>
    private void CheckBatches(XElement entry, long amount)
    {
        var details = StrictXml.All(entry, "NtryDtls").ToList();
        foreach (var one in details)
        {
            if (StrictXml.One(one, "Btch") is not { } batch) continue;
            var payments = StrictXml.All(one, "TxDtls").ToList();
            if (payments.Count > 0 && StrictXml.Text(batch, "NbOfTxs") is { } count && count.TrimStart('0').PadLeft(1, '0') != payments.Count.ToString(CultureInfo.InvariantCulture))
                throw new FileRefusedException(StrictXml.PlaceOf(batch), string.Create(CultureInfo.InvariantCulture, $"NbOfTxs is {BankOrAnswerFile.Shown(count)}; there are {payments.Count}"));
            if (details.Count == 1 && StrictXml.One(batch, "TtlAmt") is not null && AmountOf(batch, "TtlAmt") is var total && total != Math.Abs(amount))
                throw new FileRefusedException(StrictXml.PlaceOf(batch), string.Create(CultureInfo.InvariantCulture, $"TtlAmt is {total}; the entry is {Math.Abs(amount)}"));
        }
    }

    private static BankPart Part(XElement? payment, XElement? entry, long amount)
    {
        var keys = new List<BankKey>();
        var texts = new List<string>();
        if (payment is not null)
        {
            Find(BankCarrier.EndToEndId, StrictXml.Text(payment, "Refs", "EndToEndId"));
            foreach (var structured in StrictXml.All(StrictXml.One(payment, "RmtInf"), "Strd")) Find(BankCarrier.CreditorReference, OfCreditor(StrictXml.Text(structured, "CdtrRefInf", "Ref")));
            var lines = StrictXml.All(StrictXml.One(payment, "RmtInf"), "Ustrd").Select(line => line.Value.Trim()).ToList();
            texts.AddRange(lines);
            // A key may be broken where a line of 35 characters ends.
            foreach (var line in (IEnumerable<string>)[.. lines, string.Concat(lines)]) Find(BankCarrier.Unstructured, line);
            Find(BankCarrier.InstructionId, StrictXml.Text(payment, "Refs", "InstrId"));
            Find(BankCarrier.ServicerReference, StrictXml.Text(payment, "Refs", "AcctSvcrRef"));
            foreach (var more in StrictXml.All(payment, "SplmtryData")) Find(BankCarrier.Supplementary, string.Join(' ', more.DescendantNodes().OfType<XText>().Select(text => text.Value)));
            if (StrictXml.Text(payment, "AddtlTxInf") is { } further) texts.Add(further);
        }
        if (entry is not null)
        {
            Find(BankCarrier.ServicerReference, StrictXml.Text(entry, "AcctSvcrRef"));
            Find(BankCarrier.Unstructured, StrictXml.Text(entry, "AddtlNtryInf"));
            if (StrictXml.Text(entry, "AddtlNtryInf") is { } further) texts.Add(further);
        }
        var shown = string.Join(' ', texts);
        return new BankPart(amount, [.. keys.Distinct()], shown.Length <= TextMax ? shown : shown[..TextMax]);

        void Find(BankCarrier carrier, string? text)
        {
            if (Given(text) is { } given) keys.AddRange(Claim.IdsIn(given).Select(id => new BankKey(carrier, id)));
        }
    }

    /// <summary>An ISO 11649 reference without its check digits, where they are right; any other as it is.</summary>
    private static string? OfCreditor(string? reference)
    {
        if (reference is null) return null;
        var text = reference.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        if (text is not ['R', 'F', var a, var b, ..] || !char.IsAsciiDigit(a) || !char.IsAsciiDigit(b) || !text.All(char.IsAsciiLetterOrDigit)) return reference;
        var rest = 0;
        foreach (var c in text[4..] + text[..4]) rest = char.IsAsciiDigit(c) ? (rest * 10 + c - '0') % 97 : (rest * 100 + c - 'A' + 10) % 97;
        return rest == 1 ? text[4..] : null;
    }

    /// <summary>Absent where the bank says so.</summary>
    private static string? Given(string? text) => text is null or "NOTPROVIDED" ? null : text;

    /// <summary>Gives each entry a name that it has in every file: the bank's reference and, where one stands several times, which of them; else a hash of what it says.</summary>
    private static List<BankEntry> Named(List<Raw> entries, string account)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var named = new List<BankEntry>(entries.Count);
        foreach (var entry in entries)
        {
            var name = entry.Reference ?? "~" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{account}\0{entry.Content}")).AsSpan(0, 16));
            var which = seen[name] = seen.GetValueOrDefault(name) + 1;
            named.Add(new BankEntry(which == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}#{which}"), entry.Amount, entry.Booked, entry.Value, entry.IsReversal, entry.Parts, entry.Place));
        }
        return named;
    }

    private void CheckSummary(XElement summary, List<long> entries)
    {
        Check("TtlNtries", entries);
        Check("TtlCdtNtries", [.. entries.Where(amount => amount > 0)]);
        Check("TtlDbtNtries", [.. entries.Where(amount => amount < 0)]);
        if (StrictXml.One(summary, "TtlNtries") is { } total)
        {
            var net = StrictXml.One(total, "TtlNetNtry");
            var text = StrictXml.Text(net, "Amt") ?? StrictXml.Text(total, "TtlNetNtryAmt");
            var of = net ?? total;
            if (text is not null && Signed(of, Minor(text, of)) is var said && said != Sum(entries, StrictXml.PlaceOf(of)))
                throw new FileRefusedException(StrictXml.PlaceOf(of), string.Create(CultureInfo.InvariantCulture, $"the net of all entries is said to be {said}; they come to {entries.Sum()}"));
        }

        void Check(string name, List<long> of)
        {
            if (StrictXml.One(summary, name) is not { } said) return;
            if (StrictXml.Text(said, "NbOfNtries") is { } count && count.TrimStart('0').PadLeft(1, '0') != of.Count.ToString(CultureInfo.InvariantCulture))
                throw new FileRefusedException(StrictXml.PlaceOf(said), string.Create(CultureInfo.InvariantCulture, $"NbOfNtries is {BankOrAnswerFile.Shown(count)}; there are {of.Count}"));
            if (StrictXml.Text(said, "Sum") is { } sum && Minor(sum, said) is var minor && minor != Sum(of.Select(Math.Abs), StrictXml.PlaceOf(said)))
                throw new FileRefusedException(StrictXml.PlaceOf(said), string.Create(CultureInfo.InvariantCulture, $"Sum is {minor}; the entries come to {of.Sum(Math.Abs)}"));
        }
    }

    private void Balance(XElement balance, Dictionary<string, (long, DateOnly)> balances)
    {
        if (StrictXml.Text(balance, "Tp", "CdOrPrtry", "Cd") is not { } code) return;
        var date = DateOf(balance, "Dt") ?? throw new FileRefusedException(StrictXml.PlaceOf(balance), "Dt is missing");
        if (code is "OPBD" or "CLBD" or "PRCD" && !balances.TryAdd(code, (Signed(balance, AmountOf(balance)), date))) throw new FileRefusedException(StrictXml.PlaceOf(balance), $"the balance {code} stands twice");
    }

    private static string? AccountOf(XElement account)
    {
        var id = StrictXml.Text(account, "Id", "IBAN") ?? StrictXml.Text(account, "Id", "Othr", "Id");
        if (id is null) return null;
        id = id.Replace(" ", "", StringComparison.Ordinal);
        return id.Length <= 34 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-') ? id : throw new FileRefusedException(StrictXml.PlaceOf(account), $"the account is {BankOrAnswerFile.Shown(id)}; 1–34 letters and digits are needed");
    }

    private static string StatusOf(XElement entry)
    {
        var status = StrictXml.Text(StrictXml.One(entry, "Sts"), "Cd") ?? StrictXml.Text(entry, "Sts") ?? throw new FileRefusedException(StrictXml.PlaceOf(entry), "Sts is missing");
        return status is "BOOK" or "PDNG" or "INFO" or "FUTR" ? status : throw new FileRefusedException(StrictXml.PlaceOf(entry), $"Sts is {BankOrAnswerFile.Shown(status)}; BOOK, PDNG, INFO or FUTR is needed");
    }

    private long AmountOf(XElement parent, string name = "Amt")
    {
        var amount = StrictXml.One(parent, name) ?? throw new FileRefusedException(StrictXml.PlaceOf(parent), $"{name} is missing");
        var of = (string?)amount.Attribute("Ccy");
        if (of != currency) throw new FileRefusedException(StrictXml.PlaceOf(amount), $"the currency is {BankOrAnswerFile.Shown(of)}; the ledger is in {currency}");
        return Minor(amount.Value.Trim(), amount);
    }

    /// <summary>An amount of the file in minor units, exactly.</summary>
    private long Minor(string text, XElement at)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var (whole, part) = point < 0 ? (text, "") : (text[..point], text[(point + 1)..]);
        var digits = part.TrimEnd('0');
        if (whole.Length == 0 || text.Length > 24 || !whole.All(char.IsAsciiDigit) || !part.All(char.IsAsciiDigit) || (point >= 0 && part.Length == 0)) throw new FileRefusedException(StrictXml.PlaceOf(at), $"{BankOrAnswerFile.Shown(text)} is no amount");
        if (digits.Length > scale) throw new FileRefusedException(StrictXml.PlaceOf(at), $"{BankOrAnswerFile.Shown(text)} has more decimal places than {currency} has here ({scale})");
        return long.TryParse(whole + digits.PadRight(scale, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : throw new FileRefusedException(StrictXml.PlaceOf(at), $"{BankOrAnswerFile.Shown(text)} is too large");
    }

    private static long Signed(XElement of, long amount) => StrictXml.Need(of, "CdtDbtInd") switch
    {
        "CRDT" => amount,
        "DBIT" => -amount,
        var other => throw new FileRefusedException(StrictXml.PlaceOf(of), $"CdtDbtInd is {BankOrAnswerFile.Shown(other)}; CRDT or DBIT is needed"),
    };

    private static long Sum(IEnumerable<long> amounts, string place)
    {
        var sum = amounts.Aggregate((Int128)0, (all, amount) => all + amount);
        return sum >= long.MinValue && sum <= long.MaxValue ? (long)sum : throw new FileRefusedException(place, "the sum leaves 64 bits");
    }

    private static DateOnly? DateOf(XElement parent, string name)
    {
        var date = StrictXml.One(parent, name);
        var text = StrictXml.Text(date, "Dt") ?? StrictXml.Text(date, "DtTm");
        if (text is null) return null;
        return text.Length >= 10 && DateOnly.TryParseExact(text.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
            : throw new FileRefusedException(StrictXml.PlaceOf(parent), $"{name} is {BankOrAnswerFile.Shown(text)}; YYYY-MM-DD is needed");
    }
}
