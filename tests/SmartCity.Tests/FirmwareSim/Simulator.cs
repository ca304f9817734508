using System.CommandLine;
using SmartCity.FirmwareSim.City;
using SmartCity.FirmwareSim.Corridor;
using SmartCity.FirmwareSim.Load;
using SmartCity.FirmwareSim.Replay;
using SmartCity.Hosting.Commands;

namespace SmartCity.Tests.FirmwareSim;

/// <summary>The simulator's command line, in this process.</summary>
internal static class Simulator
{
    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Exit, string Output, string Talk)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var talk = new StringWriter();
        var exit = await CommandLine.RunAsync(new RootCommand { CityCommand.Create(), CorridorCommand.Create(), ReplayCommand.Create(), LoadCommand.Create() }, args, output, talk, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), talk.ToString());
    }
}
