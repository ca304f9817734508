using System.Globalization;
using System.Text;
using System.Xml;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>Writes STRAN and SCORR in the manner of NIOP. The same claim gives the same bytes: UTF-8 without a mark, line feeds, two spaces.</summary>
internal static class NiopWriter
{
    private static readonly XmlWriterSettings _settings = new() { Encoding = new UTF8Encoding(false), Indent = true, IndentChars = "  ", NewLineChars = "\n", CloseOutput = false };

    public static void Write(Stream stream, Claim claim, IEnumerable<ClaimLine> lines)
    {
        var isCorrection = claim.Kind == ClaimKind.Correction;
        var family = isCorrection ? "Correction" : "Transaction";
        using (var xml = XmlWriter.Create(stream, _settings))
        {
            xml.WriteStartDocument();
            xml.WriteStartElement(family + "Data");
            xml.WriteStartElement(family + "Header");
            xml.WriteElementString("SubmissionType", claim.Type);
            xml.WriteElementString("SubmissionDateTime", TimeOf(claim.Made));
            xml.WriteElementString("SSIOPHubID", claim.Hub);
            xml.WriteElementString("AwayAgencyID", claim.Agency);
            xml.WriteElementString("HomeAgencyID", claim.IssuerDigits);
            xml.WriteElementString("TxnDataSeqNo", Number(claim.Sequence));
            xml.WriteElementString("RecordCount", Number(claim.Rows));
            xml.WriteEndElement();
            xml.WriteStartElement(family + "Detail");
            foreach (var line in lines)
            {
                xml.WriteStartElement(family + "Record");
                if (isCorrection) WriteCorrection(xml, claim, line);
                else WriteTransaction(xml, claim, line);
                xml.WriteEndElement();
            }
            xml.WriteEndDocument();
        }
        stream.WriteByte((byte)'\n');
    }

    private static void WriteCorrection(XmlWriter xml, Claim claim, ClaimLine line)
    {
        xml.WriteElementString("RecordType", TypeOf(line) + "A");
        xml.WriteElementString("CorrectionDateTime", TimeOf(claim.Made));
        xml.WriteElementString("CorrectionReason", line.Reason ?? "C");
        if (line.Resubmit > 0) xml.WriteElementString("ResubmitReason", "R");
        xml.WriteElementString("CorrectionSeqNo", Number(line.Adjustment));
        xml.WriteElementString("ResubmitCount", Number(line.Resubmit));
        xml.WriteStartElement("OriginalTransactionDetail");
        WriteTransaction(xml, claim, line);
        xml.WriteEndElement();
    }

    private static void WriteTransaction(XmlWriter xml, Claim claim, ClaimLine line)
    {
        xml.WriteElementString("RecordType", TypeOf(line));
        xml.WriteElementString("TxnReferenceID", line.Transaction);
        xml.WriteElementString("ExitDateTime", TimeOf(line.Exit.Time));
        xml.WriteElementString("FacilityID", line.Facility);
        xml.WriteElementString("FacilityDesc", line.FacilityName);
        xml.WriteElementString("ExitPlaza", line.Exit.Plaza);
        xml.WriteElementString("ExitPlazaDesc", line.Exit.PlazaName);
        xml.WriteElementString("ExitLane", line.Exit.Lane);
        if (line.Entry is { } entry)
        {
            xml.WriteStartElement("EntryData");
            xml.WriteElementString("EntryDateTime", TimeOf(entry.Time));
            xml.WriteElementString("EntryPlaza", entry.Plaza);
            xml.WriteElementString("EntryPlazaDesc", entry.PlazaName);
            xml.WriteElementString("EntryLane", entry.Lane);
            xml.WriteEndElement();
        }
        xml.WriteStartElement("TagInfo");
        xml.WriteElementString("TagAgencyID", claim.IssuerDigits);
        xml.WriteElementString("TagSerialNo", line.Tag);
        xml.WriteElementString("TagStatus", "V");
        xml.WriteEndElement();
        xml.WriteElementString("VehicleClass", Number(line.Class));
        xml.WriteElementString("TollAmount", Number(line.Amount));
        xml.WriteElementString("ExitDateTimeTZ", OffsetOf(line.Exit.OffsetMinutes));
        if (line.Entry is { } from) xml.WriteElementString("EntryDateTimeTZ", OffsetOf(from.OffsetMinutes));
    }

    /// <summary>T tag; B an open point, C01 a closed system.</summary>
    private static string TypeOf(ClaimLine line) => line.Entry is null ? "TB01" : "TC01";

    internal static string TimeOf(long micros) => UnixMicros.ToTime(micros).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    internal static string OffsetOf(int minutes) => string.Create(CultureInfo.InvariantCulture, $"{(minutes < 0 ? '-' : '+')}{Math.Abs(minutes) / 60:D2}:{Math.Abs(minutes) % 60:D2}");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
