using System.CommandLine;

namespace SmartCity.Hosting.Commands;

/// <summary>Options that mean the same in every executable.</summary>
public static class CommonOptions
{
    /// <summary><c>--data DIR</c>: the folder of all of a process's data; default <c>./data/{process}</c>. It counts for subcommands too.</summary>
    public static Option<string> Data(string process) => new("--data")
    {
        Description = "Folder of all data of the process.",
        HelpName = "DIR",
        Recursive = true,
        DefaultValueFactory = _ => Path.Combine("data", process),
    };

    /// <summary><c>--output table|json|ndjson|csv</c>; default table.</summary>
    public static Option<OutputFormat> Output()
    {
        var names = Enum.GetNames<OutputFormat>().Select(name => name.ToLowerInvariant()).ToArray();
        var option = new Option<OutputFormat>("--output")
        {
            Description = "How rows are printed.",
            HelpName = string.Join('|', names),
            CustomParser = result =>
            {
                var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (names.Contains(text)) return Enum.Parse<OutputFormat>(text, ignoreCase: true);
                result.AddError($"--output {text}: one of {string.Join(", ", names)} is needed.");
                return default;
            },
            DefaultValueFactory = _ => OutputFormat.Table,
        };
        option.CompletionSources.Add(names);
        return option;
    }
}
