using SmartCity.Cloud.Server.Commands;
using SmartCity.Hosting.Commands;
using SmartCity.Tests.Cloud.Tolling.Rating;

namespace SmartCity.Tests.Cloud.Server;

/// <summary><c>toll config …</c> over the shipped examples.</summary>
public sealed class TollConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_shipped_examples_are_imported_once_and_listed()
    {
        var (code, output, talk) = await RunAsync(["import", .. Shipped, "--dry-run", "--output", "csv"]);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("switch,switch-toll,car,\"eve, working\",,2024-10-24,,,–,650000 IRR", output, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was imported: --yes does it.\n", talk, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));

        (code, _, talk) = await RunAsync(["import", .. Shipped, "--yes"]);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("Imported as 1;", talk, StringComparison.Ordinal);
        (code, output, talk) = await RunAsync(["import", .. Shipped, "--yes", "--output", "csv"]);
        Assert.Equal((ExitCode.Done, 1), (code, output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.EndsWith("All of it was imported before; 1 stands.\n", talk, StringComparison.Ordinal);
        (code, output, _) = await RunAsync(["list", "--output", "csv"]);
        Assert.Equal((ExitCode.Done, 2), (code, output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Fact]
    public async Task A_wrong_file_is_refused_with_its_place_and_nothing_is_made()
    {
        File.WriteAllText(_folder["a.json"], "{\n  \"tariffs\": [],\n  \"tariffs\": []\n}");
        foreach (var command in (string[][])[["check"], ["import", "--yes"], ["import", "--dry-run"]])
        {
            var (code, output, talk) = await RunAsync([command[0], _folder["a.json"], .. command[1..]]);
            Assert.Equal((ExitCode.Failed, ""), (code, output));
            Assert.StartsWith("a.json line 3 $.tariffs: \"tariffs\" stands twice in this object, before on line 2.\n1 errors.", talk, StringComparison.Ordinal);
        }
        (_, var listed, _) = await RunAsync(["list", "--output", "json"]);
        Assert.Equal("[]\n", listed);
    }

    [Theory]
    [InlineData("import", "a.json")]
    [InlineData("import", "a.json", "--yes", "--dry-run")]
    [InlineData("check", "--dry-rum")]
    public async Task Wrong_use_ends_with_2(params string[] words) => Assert.Equal(ExitCode.WrongUse, (await RunAsync(words)).Code);

    [Fact]
    public async Task A_file_that_is_not_there_ends_with_4() => Assert.Equal(ExitCode.NotFound, (await RunAsync(["check", _folder["none.json"]])).Code);

    private static IEnumerable<string> Shipped => Examples.Files.Select(file => Path.Combine(Examples.Folder, file.Name));

    private async Task<(int Code, string Output, string Talk)> RunAsync(string[] words)
    {
        string[] args = ["toll", "config", .. words, "--data", _folder["data"]];
        var (output, talk) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var code = await CommandLine.RunAsync(ServerCommand.Create(args), args, output, talk, TestContext.Current.CancellationToken);
        return (code, output.ToString(), talk.ToString());
    }
}
