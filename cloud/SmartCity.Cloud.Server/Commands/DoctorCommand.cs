using System.CommandLine;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>doctor</c>: looks at everything the server needs and says of each thing whether it is well, and if not, what to do. Changes nothing.</summary>
internal static class DoctorCommand
{
    private const string Green = "\u001b[32m", Yellow = "\u001b[33m", Red = "\u001b[31m", Plain = "\u001b[0m";
    private static readonly string[] _columns = ["check", "state", "ok", "found", "fix"];

    public static Command Create(IReadOnlyList<string> args, Option<string> data)
    {
        var format = CommonOptions.Output();
        var doctor = new Command("doctor", "Looks at everything the server needs, and says what is well, what will not stay so, and what is wrong. Exit 3 where something is wrong, 0 with warnings too.") { format };
        doctor.SetAction(async (result, stop) =>
        {
            var findings = await DoctorChecks.RunAsync(ServerSettings.Load(args, result, data).Get<ServerOptions>(), stop);
            var output = result.InvocationConfiguration.Output;
            if (result.GetValue(format) != OutputFormat.Table) RowWriter.Write(output, result.GetValue(format), _columns, findings.Select(IReadOnlyList<object?> (finding) => [finding.Check, finding.State, finding.Ok, finding.Found, finding.Fix]));
            else WriteLines(output, findings, !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
            return findings.All(finding => finding.Ok) ? ExitCode.Done : ExitCode.Findings;
        });
        return doctor;
    }

    private static void WriteLines(TextWriter output, IReadOnlyList<Finding> findings, bool coloured)
    {
        var width = findings.Max(finding => finding.Check.Length);
        foreach (var finding in findings)
        {
            var (mark, colour) = finding.State switch { "ok" => ("ok   ", Green), "warning" => ("warn ", Yellow), _ => ("WRONG", Red) };
            if (coloured) mark = colour + mark + Plain;
            output.WriteLine($"{mark}  {finding.Check.PadRight(width)}  {finding.Found}");
            if (finding.Fix is not null) output.WriteLine($"{new string(' ', width + 9)}→ {finding.Fix}");
        }
    }
}
