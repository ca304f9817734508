using System.CommandLine;
using SmartCity.Devices.Mappings;
using SmartCity.Edge.Gateway.Mappings;
using SmartCity.Hosting.Commands;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary><c>check --mappings [DIR]</c>: reads mappings and runs their vectors, beside a gateway or without one.</summary>
internal static class CheckCommand
{
    public static Command Create(Option<string> data)
    {
        var folder = new Option<string?>("--mappings")
        {
            Description = "Reads every mapping (NAME.json) of a folder and runs its vectors (NAME.test.json). Without DIR: those in the data folder, and those that come with the gateway. Exit 0 all hold, 3 something is wrong, 4 there is none.",
            HelpName = "DIR",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("check", "Checks what the gateway is told to do before it does it.") { folder };
        command.SetAction(async (result, _) =>
        {
            if (result.GetResult(folder) is null) throw new CommandException(ExitCode.WrongUse, "Say what to check: smartcity-gateway check --mappings [DIR]");
            string[] folders = result.GetValue(folder) is { } named ? [Path.GetFullPath(named)] : [MappingFolder.Own(Path.GetFullPath(result.GetRequiredValue(data))), MappingFolder.Shipped];
            string[] files = [.. folders.SelectMany(MappingFolder.In)];
            if (files.Length == 0) throw new CommandException(ExitCode.NotFound, $"There is no mapping (NAME.json) in {string.Join(" or ", folders)}.");
            var output = result.InvocationConfiguration.Output;
            var isSound = true;
            foreach (var file in files)
            {
                var (lines, holds) = Check(file);
                isSound &= holds;
                foreach (var line in lines) await output.WriteLineAsync(line);
            }
            return isSound ? ExitCode.Done : ExitCode.Findings;
        });
        return command;
    }

    /// <summary>Checks one mapping.</summary>
    /// <returns>What to say of it, and whether nothing is wrong.</returns>
    private static (IReadOnlyList<string> Lines, bool Holds) Check(string file)
    {
        if (MappingFolder.Read(file, out var errors) is not { } mapping) return (errors, false);
        var tests = Path.ChangeExtension(file, null) + MappingFolder.TestEnd;
        if (!File.Exists(tests)) return ([$"{file}: it has no vectors; write some beside it, in {Path.GetFileName(tests)}."], false);
        var results = MappingVectors.Run(mapping, File.ReadAllBytes(tests), out var wrong);
        var lines = new List<string>();
        lines.AddRange(wrong.Select(error => $"{tests}:{error.Line}: {error.Text}"));
        foreach (var vector in results.Where(static vector => vector.Differences.Count > 0))
        {
            lines.Add($"{tests}:{vector.Line}: \"{vector.Name}\" does not hold; - was expected, + was found:");
            lines.AddRange(vector.Differences.Select(static line => $"  {line}"));
        }
        var failed = results.Count(static vector => vector.Differences.Count > 0);
        lines.Add(failed == 0 && wrong.Count == 0 ? $"{mapping.Name}: {results.Count} vectors hold ({file})" : $"{mapping.Name}: {failed} of {results.Count} vectors do not hold ({file})");
        return (lines, failed == 0 && wrong.Count == 0);
    }
}
