using System.Text.RegularExpressions;

namespace SmartCity.Tests.EndToEnd;

/// <summary>What the README says of the tree is true.</summary>
public sealed partial class ReadmeTests
{
    private const string Section = "A reading's road";

    [Fact]
    public void The_files_that_a_reading_passes_exist_and_are_about_eight()
    {
        var readme = Path.Combine(Repository.Root, "README.md");
        Assert.SkipUnless(File.Exists(readme), "There is no README.md yet.");
        var files = FilesOf(File.ReadAllText(readme));
        Assert.InRange(files.Count, 6, 10);
        Assert.DoesNotContain(files, file => !File.Exists(Path.Combine(Repository.Root, file)));
        Assert.Equal(files.Distinct(), files);
    }

    /// <summary>The paths in backticks between the section's heading and the next one of its rank or above.</summary>
    private static List<string> FilesOf(string readme)
    {
        var lines = readme.Split('\n');
        var start = Array.FindIndex(lines, line => line.StartsWith('#') && line.TrimStart('#').Trim() == Section);
        Assert.True(start >= 0, $"README.md has no section \"{Section}\".");
        var rank = lines[start].TakeWhile(letter => letter == '#').Count();
        var section = lines.Skip(start + 1).TakeWhile(line => !line.StartsWith('#') || line.TakeWhile(letter => letter == '#').Count() > rank);
        return [.. section.SelectMany(line => SourceFile().Matches(line)).Select(match => match.Groups[1].Value)];
    }

    [GeneratedRegex("`([^`\\s]+/[^`\\s]+\\.(?:cs|proto|ts))`")]
    private static partial Regex SourceFile();
}
