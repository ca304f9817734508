using System.Text.RegularExpressions;

namespace SmartCity.Tests.Mqtt;

/// <summary>The table of normative statements says the truth about tests: each row names some that exist, or a reason.</summary>
public sealed partial class ConformanceTableTests
{
    [Fact]
    public void Every_statement_has_a_test_that_exists_or_a_reason()
    {
        var wrong = new List<string>();
        var rows = 0;
        var seen = new HashSet<string>();
        var section = "";
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "protos/SmartCity.Mqtt/conformance.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) section = line[3..].Split(':')[0];
            if (Row().Match(line) is not { Success: true } row) continue;
            rows++;
            var (statement, words, cell) = (row.Groups[1].Value, row.Groups[2].Value.Trim(), row.Groups[3].Value.Trim());
            if (!seen.Add($"{section} {statement}")) wrong.Add($"{section} {statement} stands there twice");
            if (words.Length < 3) wrong.Add($"{section} {statement} has no words");
            var tests = Name().Matches(cell).Select(match => match.Groups[1].Value).ToList();
            wrong.AddRange(tests.Where(test => !Exists(test)).Select(test => $"{section} {statement}: there is no test {test}"));
            if (tests.Count == 0 && (!cell.StartsWith('—') || cell.Length < 10)) wrong.Add($"{section} {statement} is open");
        }
        // As many as the appendices have, so that a row cannot get lost.
        Assert.Equal((142, 251), (seen.Count(one => one.StartsWith("3.1.1 ", StringComparison.Ordinal)), seen.Count(one => one.StartsWith("5.0 ", StringComparison.Ordinal))));
        Assert.Equal(seen.Count, rows);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static bool Exists(string test)
    {
        var (type, method) = (test[..test.IndexOf('.')], test[(test.IndexOf('.') + 1)..]);
        return typeof(ConformanceTableTests).Assembly.GetTypes().Any(candidate => candidate.Name == type && candidate.Namespace!.StartsWith("SmartCity.Tests.", StringComparison.Ordinal)
            && candidate.GetMethod(method)?.GetCustomAttributes(typeof(FactAttribute), true).Length > 0);
    }

    [GeneratedRegex(@"^\| MQTT-(\d+\.\d+\.\d+-\d+) \|([^|]*)\|([^|]*)\|$")]
    private static partial Regex Row();

    // A test of another project, or a class named in a reason, stands without a method.
    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex Name();
}
