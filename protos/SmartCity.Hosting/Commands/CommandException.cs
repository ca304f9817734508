namespace SmartCity.Hosting.Commands;

/// <summary>Ends a command with a message on stderr and an exit code.</summary>
public sealed class CommandException : Exception
{
    /// <summary>Creates it without words, for exit 1.</summary>
    public CommandException() { }
    /// <summary>Creates it for exit 1.</summary>
    public CommandException(string message) : base(message) { }
    /// <summary>Creates it for exit 1 around a cause.</summary>
    public CommandException(string message, Exception inner) : base(message, inner) { }
    /// <summary>Creates it with one of <see cref="Commands.ExitCode"/>.</summary>
    public CommandException(int exitCode, string message) : base(message) => ExitCode = exitCode;

    /// <summary>The process's exit code. Default <see cref="Commands.ExitCode.Failed"/>.</summary>
    public int ExitCode { get; } = Commands.ExitCode.Failed;
}
