using CsCheck;
using SmartCity.FirmwareSim.Replay;

namespace SmartCity.Tests.FirmwareSim;

public sealed class CsvRowsTests
{
    [Theory]
    [InlineData("a,b\n1,2\n", "a|b;1|2")]
    [InlineData("a,b\r\n1,2", "a|b;1|2")]
    [InlineData("a,b\r1,2\r", "a|b;1|2")]
    [InlineData("\n\na,b\n\n\n1,2\n\n", "a|b;1|2")]
    [InlineData("\"a,\"\"b\"\"\n\",c\n", "a,\"b\"\n|c")]
    [InlineData("a,\n,b\n", "a|;|b")]
    [InlineData(",\n", "|")]
    [InlineData("\"a\"b,c\"d\"\n", "ab|c\"d\"")]
    [InlineData("", "")]
    public void Rows_are_those_of_RFC_4180(string text, string rows) => Assert.Equal(rows, string.Join(';', Read(text, ',').Select(row => string.Join('|', row))));

    [Fact]
    public void The_delimiter_is_the_mapping_s() => Assert.Equal(["a,b", "c"], Read("a,b;c", ';').Single());

    [Fact]
    public void What_is_no_csv_is_refused_with_its_line()
    {
        Assert.Equal("line 3: a quote is never closed.", Assert.Throws<InvalidDataException>(() => Read("a\n\nb,\"c\nd\n", ',')).Message);
        Assert.StartsWith("line 2: more than", Assert.Throws<InvalidDataException>(() => Read("a\n" + new string('x', 5_000_000), ',')).Message, StringComparison.Ordinal);
        Assert.StartsWith("line 1: more than", Assert.Throws<InvalidDataException>(() => Read(new string(',', 200_000), ',')).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_cells_come_back() => Gen.String[Gen.Char[" ,\"\r\nab"], 0, 6].Array[1, 4].Array[1, 4].Sample(rows =>
    {
        var text = string.Join('\n', rows.Select(row => string.Join(',', row.Select(cell => '"' + cell.Replace("\"", "\"\"", StringComparison.Ordinal) + '"'))));
        var expected = rows.Where(row => row is not [""]).ToArray();
        var read = Read(text, ',');
        return read.Count == expected.Length && read.Zip(expected).All(pair => pair.First.SequenceEqual(pair.Second));
    });

    private static List<string[]> Read(string text, char delimiter)
    {
        using var rows = new CsvRows(new StringReader(text), delimiter);
        var read = new List<string[]>();
        while (rows.Read()) read.Add([.. rows.Cells]);
        return read;
    }
}
