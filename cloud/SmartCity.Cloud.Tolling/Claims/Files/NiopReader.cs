using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>Reads SRECON and ACK in the manner of NIOP.</summary>
internal static class NiopReader
{
    /// <summary>Codes that acknowledgements have. What they mean beside 00 differs between agencies.</summary>
    private static readonly string[] _codes = ["00", "01", "03", "04", "05", "07", "10", "11", "12", "13"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="FileRefusedException">It is not what is expected.</exception>
    public static AnswerFile Read(ReadOnlyMemory<byte> content) => StrictXml.Read(content, xml =>
    {
        if (xml.NamespaceURI.Length > 0) throw new FileRefusedException(StrictXml.PlaceOf(xml), $"the namespace is {BankOrAnswerFile.Shown(xml.NamespaceURI)}; an answer has none");
        return xml.LocalName == "Acknowledgement" ? Acknowledgement(StrictXml.Whole(xml)) : Answers(xml);
    });

    private static AnswerFile Answers(XmlReader xml)
    {
        var root = StrictXml.PlaceOf(xml);
        XElement? header = null;
        List<AnswerLine>? lines = null;
        foreach (var step in StrictXml.Steps(xml))
        {
            if (step == "ReconciliationHeader" && header is null) header = StrictXml.Whole(xml);
            else if (step == "ReconciliationDetail" && lines is null && header is not null) lines = [.. StrictXml.Children(xml).Select(LineOf)];
            else throw new FileRefusedException(StrictXml.PlaceOf(xml), "expected is one ReconciliationHeader, then one ReconciliationDetail");
        }
        if (header is null || lines is null) throw new FileRefusedException(root, "expected is one ReconciliationHeader, then one ReconciliationDetail");
        if (StrictXml.Need(header, "SubmissionType") is not "SRECON" and var type) throw new FileRefusedException(StrictXml.PlaceOf(header), $"SubmissionType is {BankOrAnswerFile.Shown(type)}; SRECON is needed");
        TimeOf(header, "SubmissionDateTime");
        Whole(header, "SSIOPHubID", 4);
        var count = Whole(header, "RecordCount", 10)!.Value;
        if (count != lines.Count) throw new FileRefusedException(StrictXml.PlaceOf(header), string.Create(CultureInfo.InvariantCulture, $"RecordCount is {count}; the file has {lines.Count} records"));
        return new AnswerFile("SRECON", Agency(header, "AwayAgencyID"), ulong.Parse(Agency(header, "HomeAgencyID"), CultureInfo.InvariantCulture), Whole(header, "TxnDataSeqNo", 12)!.Value, lines, null);
    }

    private static AnswerLine LineOf(XElement record)
    {
        if (record.Name != "ReconciliationRecord") throw new FileRefusedException(StrictXml.PlaceOf(record), "only ReconciliationRecord stands here");
        var transaction = StrictXml.Need(record, "TxnReferenceID");
        if (transaction.Length > 20 || !transaction.All(char.IsAsciiDigit)) throw new FileRefusedException(StrictXml.PlaceOf(record), $"TxnReferenceID is {BankOrAnswerFile.Shown(transaction)}; 1–20 digits are needed");
        var letter = StrictXml.Need(record, "PostingDisposition");
        if (Dispositions.Of(letter) is not { } disposition) throw new FileRefusedException(StrictXml.PlaceOf(record), $"PostingDisposition is {BankOrAnswerFile.Shown(letter)}; one of P, D, I, N, S, T, C, O is needed");
        var posted = Whole(record, "PostedAmount", 9, signed: true, needed: disposition == Disposition.Posted) ?? 0;
        var fee = (Whole(record, "TransFlatFee", 9, needed: false) ?? 0) + (Whole(record, "TransPercentFee", 9, needed: false) ?? 0);
        if (disposition != Disposition.Posted && (posted != 0 || fee != 0)) throw new FileRefusedException(StrictXml.PlaceOf(record), $"what was not posted ({letter}) has an amount or a fee");
        return new AnswerLine(transaction.TrimStart('0') is { Length: > 0 } digits ? digits : "0", (int)(Whole(record, "AdjustmentCount", 3, needed: false) ?? 0), (int)(Whole(record, "ResubmitCount", 3, needed: false) ?? 0), disposition, letter, posted, fee,
            StrictXml.Text(record, "PostedDateTime") is null ? null : TimeOf(record, "PostedDateTime"), StrictXml.Text(record, "HomeAgencyTxnRefID"), StrictXml.PlaceOf(record));
    }

    private static AnswerFile Acknowledgement(XElement ack)
    {
        var code = StrictXml.Need(ack, "AckReturnCode");
        if (!_codes.Contains(code)) throw new FileRefusedException(StrictXml.PlaceOf(ack), $"AckReturnCode is {BankOrAnswerFile.Shown(code)}; one of {string.Join(", ", _codes)} is needed");
        var type = StrictXml.Need(ack, "OrigSubmissionType");
        if (type is not ("STRAN" or "SCORR")) throw new FileRefusedException(StrictXml.PlaceOf(ack), $"OrigSubmissionType is {BankOrAnswerFile.Shown(type)}; STRAN or SCORR is needed");
        return new AnswerFile("ACK", Agency(ack, "ToAgencyID"), ulong.Parse(Agency(ack, "FromAgencyID"), CultureInfo.InvariantCulture), 0, [], new AnswerAcknowledgement(type, TimeOf(ack, "OrigSubmissionDateTime"), code));
    }

    private static string Agency(XElement parent, string name) => StrictXml.Need(parent, name) is { Length: 4 } digits && digits.All(char.IsAsciiDigit) ? digits : throw new FileRefusedException(StrictXml.PlaceOf(parent), $"{name} is {BankOrAnswerFile.Shown(StrictXml.Text(parent, name))}; four digits are needed");

    private static long? Whole(XElement parent, string name, int digits, bool signed = false, bool needed = true)
    {
        var text = needed ? StrictXml.Need(parent, name) : StrictXml.Text(parent, name);
        if (text is null) return null;
        var body = signed && text[0] == '-' ? text.AsSpan(1) : text;
        if (body.Length < 1 || body.Length > digits || body.ContainsAnyExceptInRange('0', '9')) throw new FileRefusedException(StrictXml.PlaceOf(parent), $"{name} is {BankOrAnswerFile.Shown(text)}; 1–{digits} digits are needed");
        return long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    private static long TimeOf(XElement parent, string name)
    {
        var text = StrictXml.Need(parent, name);
        return DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? UnixMicros.From(time)
            : throw new FileRefusedException(StrictXml.PlaceOf(parent), $"{name} is {BankOrAnswerFile.Shown(text)}; YYYY-MM-DDThh:mm:ssZ is needed");
    }
}
