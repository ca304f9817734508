using System.CommandLine;
using SmartCity.Devices.Mappings;
using SmartCity.Edge.Gateway.Mappings;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary><c>check</c>: goes the way to the cloud step by step; with <c>--mappings [DIR]</c> it reads mappings and runs their vectors instead, beside a gateway or without one.</summary>
internal static class CheckCommand
{
    private const string Green = "\u001b[32m", Red = "\u001b[31m", Plain = "\u001b[0m";
    private static readonly string[] _columns = ["step", "state", "found", "fix"];

    public static Command Create(Func<ParseResult, string> data, Func<ParseResult, Settings> load)
    {
        var output = CommonOptions.Output();
        var silent = new Option<bool>("--no-message") { Description = "Sends no test message: the steps behind the link are left out." };
        var folder = new Option<string?>("--mappings")
        {
            Description = "Reads every mapping (NAME.json) of a folder and runs its vectors (NAME.test.json). Without DIR: those in the data folder, and those that come with the gateway. Exit 0 all hold, 3 something is wrong, 4 there is none.",
            HelpName = "DIR",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("check", "Goes the way from this box to a value that is stored and visible in the city, step by step, each with its cause and what to do. Exit 3 where a step fails.") { folder, silent, output };
        command.SetAction(async (result, stop) =>
        {
            if (result.GetResult(folder) is null)
            {
                var steps = await new LinkCheck(load(result).Get<GatewayOptions>(), data(result), !result.GetValue(silent)).RunAsync(stop);
                Write(result, output, steps);
                return steps.Any(static step => step.State == StepState.Failed) ? ExitCode.Findings : ExitCode.Done;
            }
            string[] folders = result.GetValue(folder) is { } named ? [Path.GetFullPath(named)] : [MappingFolder.Own(data(result)), MappingFolder.Shipped];
            string[] files = [.. folders.SelectMany(MappingFolder.In)];
            if (files.Length == 0) throw new CommandException(ExitCode.NotFound, $"There is no mapping (NAME.json) in {string.Join(" or ", folders)}.");
            var to = result.InvocationConfiguration.Output;
            var isSound = true;
            foreach (var file in files)
            {
                var (lines, holds) = Check(file);
                isSound &= holds;
                foreach (var line in lines) await to.WriteLineAsync(line);
            }
            return isSound ? ExitCode.Done : ExitCode.Findings;
        });
        return command;
    }

    private static void Write(ParseResult result, Option<OutputFormat> format, IReadOnlyList<LinkStep> steps)
    {
        var to = result.InvocationConfiguration.Output;
        if (result.GetValue(format) != OutputFormat.Table)
        {
            RowWriter.Write(to, result.GetValue(format), _columns, steps.Select(IReadOnlyList<object?> (step) => [step.Name, step.State switch { StepState.Done => "ok", StepState.Failed => "failed", _ => "skipped" }, step.Found, step.Fix]));
            return;
        }
        var (width, coloured) = (steps.Max(step => step.Name.Length), !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
        foreach (var step in steps)
        {
            var mark = step.State switch { StepState.Done => "ok    ", StepState.Failed => "FAILED", _ => "–     " };
            if (coloured && step.State != StepState.Skipped) mark = (step.State == StepState.Done ? Green : Red) + mark + Plain;
            to.WriteLine($"{mark}  {step.Name.PadRight(width)}  {step.Found}");
            if (step.Fix is not null) to.WriteLine($"{new string(' ', width + 10)}→ {step.Fix}");
        }
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
