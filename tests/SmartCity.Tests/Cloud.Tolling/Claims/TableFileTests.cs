using System.IO.Compression;
using System.Text;
using SmartCity.Cloud.Tolling.Claims.Files;

namespace SmartCity.Tests.Cloud.Tolling.Claims;

/// <summary>Tables for people.</summary>
public sealed class TableFileTests
{
    private static readonly string[] _columns = ["مطالبه", "مبلغ"];
    private static readonly object?[][] _rows = [["C792-000001", 606_500L], ["=HYPERLINK(\"http://x\")", -1L], ["a,\"b\"\r\nc", null]];

    [Fact]
    public void CSV_is_quoted_and_runs_no_formula()
    {
        using var to = new MemoryStream();
        TableFile.WriteCsv(to, _columns, _rows);
        Assert.Equal("\uFEFFمطالبه,مبلغ\r\nC792-000001,606500\r\n\"'=HYPERLINK(\"\"http://x\"\")\",-1\r\n\"a,\"\"b\"\"\r\nc\",\r\n", Encoding.UTF8.GetString(to.ToArray()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_sheet_runs_as_its_language_does_and_has_the_same_bytes_each_time(bool isRightToLeft)
    {
        var (first, second) = (Write(isRightToLeft), Write(isRightToLeft));
        Assert.Equal(first, second);
        using var archive = new ZipArchive(new MemoryStream(first));
        Assert.All(archive.Entries, entry => Assert.Equal(1980, entry.LastWriteTime.Year));
        using var sheet = new StreamReader(archive.GetEntry("xl/worksheets/sheet1.xml")!.Open());
        var xml = sheet.ReadToEnd();
        Assert.Equal(isRightToLeft, xml.Contains("rightToLeft=\"1\"", StringComparison.Ordinal));
        Assert.DoesNotContain("<f>", xml);
        Assert.DoesNotContain(":f>", xml);
        Assert.Contains("606500", xml);
        Assert.All(archive.Entries, entry =>
        {
            using var part = new StreamReader(entry.Open());
            Assert.DoesNotContain(DateTime.UtcNow.Year.ToString(System.Globalization.CultureInfo.InvariantCulture) + "-", part.ReadToEnd());
        });
    }

    [Fact]
    public void A_sheet_that_is_too_long_is_refused() => Assert.Throws<InvalidDataException>(() => TableFile.WriteXlsx(Stream.Null, "x", ["a"], Enumerable.Range(0, TableFile.SheetRowsMax + 1).Select(i => (IReadOnlyList<object?>)[(long)i]), false));

    private static byte[] Write(bool isRightToLeft)
    {
        using var to = new MemoryStream();
        TableFile.WriteXlsx(to, "claims", _columns, _rows, isRightToLeft);
        return to.ToArray();
    }
}
