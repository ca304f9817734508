using System.CommandLine;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Hosting.Commands;

/// <summary><c>config show</c>: the settings as the process would use them, with their places; secrets are masked.</summary>
public static class ConfigCommand
{
    /// <summary>Makes the command; <paramref name="load"/> loads as the process does at its start.</summary>
    public static Command Create(Func<ParseResult, Settings> load)
    {
        var format = CommonOptions.Output();
        var show = new Command("show", "Prints every setting, its value and where it was set.") { format };
        show.SetAction(result =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(format), ["key", "value", "from"], load(result).Shown.Select(IReadOnlyList<object?> (setting) => [setting.Key, setting.Value, setting.Where]));
            return ExitCode.Done;
        });
        return new Command("config", "Looks at the settings.") { show };
    }
}
