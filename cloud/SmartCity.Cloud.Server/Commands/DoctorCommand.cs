using System.CommandLine;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>doctor</c>: looks at everything the server needs and says of each thing whether it is well, and if not, what to do. Changes nothing.</summary>
internal static class DoctorCommand
{
    private const string Green = "\u001b[32m", Red = "\u001b[31m", Plain = "\u001b[0m";
    private static readonly string[] _columns = ["check", "ok", "found", "fix"];

    public static Command Create(IReadOnlyList<string> args, Option<string> data)
    {
        var format = CommonOptions.Output();
        var doctor = new Command("doctor", "Looks at everything the server needs. Exit 3 where something is wrong.") { format };
        doctor.SetAction(async (result, stop) =>
        {
            var findings = await DoctorChecks.RunAsync(ServerSettings.Load(args, result, data).Get<ServerOptions>(), stop);
            var output = result.InvocationConfiguration.Output;
            if (result.GetValue(format) != OutputFormat.Table) RowWriter.Write(output, result.GetValue(format), _columns, findings.Select(IReadOnlyList<object?> (finding) => [finding.Check, finding.Ok, finding.Found, finding.Fix]));
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
            var mark = finding.Ok ? "ok   " : "WRONG";
            if (coloured) mark = (finding.Ok ? Green : Red) + mark + Plain;
            output.WriteLine($"{mark}  {finding.Check.PadRight(width)}  {finding.Found}");
            if (finding.Fix is not null) output.WriteLine($"{new string(' ', width + 9)}→ {finding.Fix}");
        }
    }
}
