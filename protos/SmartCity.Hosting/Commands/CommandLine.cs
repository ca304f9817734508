using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Files;

namespace SmartCity.Hosting.Commands;

/// <summary>
/// Runs a command line by the house's conventions: data on stdout, talk on stderr, exit codes of <see cref="ExitCode"/>, <c>--help</c> and
/// <c>--version</c> on every executable, the nearest name for a mistyped one. Arguments of the form <c>--Section:Key=value</c> are settings and
/// pass by the parser; the command hands them to <see cref="SettingsLoader.Load"/>.
/// </summary>
public static class CommandLine
{
    /// <summary>Parses and runs. A command that goes on until it is told to stop returns 0 once its token is cancelled; one that lets the cancellation through ends with 130.</summary>
    /// <param name="root">The command with its subcommands.</param>
    /// <param name="args">The process's arguments.</param>
    /// <param name="output">Where data goes; the console's stdout if null.</param>
    /// <param name="talk">Where talk goes; the console's stderr if null.</param>
    /// <param name="cancellationToken">Stops the command as SIGINT would.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(RootCommand root, IReadOnlyList<string> args, TextWriter? output = null, TextWriter? talk = null, CancellationToken cancellationToken = default)
    {
        output ??= Console.Out;
        talk ??= Console.Error;
        var result = root.Parse(SettingsLoader.Split(args).Others);
        if (result.Errors.Count > 0) return await RefuseAsync(result, talk);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            // The library's own handler would end the process before a command has drained.
            var invocation = new InvocationConfiguration { Output = output, Error = talk, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await result.InvokeAsync(invocation, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (CommandException error)
        {
            await talk.WriteLineAsync(error.Message);
            return error.ExitCode;
        }
        catch (SettingsException error)
        {
            await talk.WriteLineAsync(error.Message);
            return ExitCode.WrongUse;
        }
        catch (UnauthorizedAccessException error)
        {
            await talk.WriteLineAsync(error.Message);
            return ExitCode.NotAllowed;
        }
        catch (Exception error) when (error is IOException or DataFolderInUseException)
        {
            await talk.WriteLineAsync(error.Message);
            return ExitCode.Failed;
        }
        catch (Exception error)
        {
            await talk.WriteLineAsync($"This should not have happened: {error}");
            return ExitCode.Failed;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>Says every error with the nearest known name, and how the command is used.</summary>
    private static async Task<int> RefuseAsync(ParseResult result, TextWriter talk)
    {
        var command = result.CommandResult.Command;
        var names = NamesOf(result.CommandResult).ToArray();
        foreach (var error in result.Errors)
        {
            var word = result.UnmatchedTokens.FirstOrDefault(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal));
            await talk.WriteLineAsync(word is null ? error.Message
                : $"{(word.StartsWith('-') ? "The option" : "The word")} {word} is not known.{NearestName.Hint(word.Split('=')[0], names)}");
        }
        var path = new Stack<string>();
        for (SymbolResult? at = result.CommandResult; at is CommandResult one; at = one.Parent) path.Push(one.Command.Name);
        var commands = command.Subcommands.Where(one => !one.Hidden).Select(one => one.Name).ToArray();
        if (commands.Length > 0) await talk.WriteLineAsync($"Commands: {string.Join(", ", commands)}.");
        await talk.WriteLineAsync($"Usage: {string.Join(' ', path)}{(commands.Length > 0 ? " [command]" : "")}{string.Concat(command.Arguments.Select(one => $" <{one.Name}>"))} [options]; more with --help.");
        return ExitCode.WrongUse;
    }

    private static IEnumerable<string> NamesOf(CommandResult at)
    {
        foreach (var subcommand in at.Command.Subcommands.Where(one => !one.Hidden)) yield return subcommand.Name;
        foreach (var option in at.Command.Options.Where(one => !one.Hidden)) yield return option.Name;
        for (var above = at.Parent as CommandResult; above is not null; above = above.Parent as CommandResult)
            foreach (var option in above.Command.Options.Where(one => one.Recursive)) yield return option.Name;
    }
}
