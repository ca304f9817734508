using System.CommandLine;
using System.Text;
using SmartCity.Devices.Credentials;
using SmartCity.Hosting.Commands;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary><c>password</c>: makes the hash that <c>devices.json</c> wants, of a password that is typed unseen or comes on stdin.</summary>
internal static class PasswordCommand
{
    private const int LengthMin = 8;
    /// <summary>MQTT carries no longer one.</summary>
    private const int BytesMax = ushort.MaxValue;

    /// <param name="input">Where the password comes from; null for the terminal, or stdin where that is none.</param>
    public static Command Create(TextReader? input = null)
    {
        var command = new Command("password", "Prints the hash of a password for devices.json. The password is asked for, or read from stdin's first line.");
        command.SetAction(async (result, stop) =>
        {
            var talk = result.InvocationConfiguration.Error;
            var password = input is not null || Console.IsInputRedirected ? await (input ?? Console.In).ReadLineAsync(stop) : Ask(talk);
            if (string.IsNullOrEmpty(password)) throw new CommandException(ExitCode.WrongUse, "There is no password on stdin; type one, or: echo PASSWORD | smartcity-gateway password");
            if (password.EnumerateRunes().Count() < LengthMin) throw new CommandException(ExitCode.WrongUse, $"The password is shorter than {LengthMin} characters.");
            var bytes = Encoding.UTF8.GetBytes(password);
            if (bytes.Length > BytesMax) throw new CommandException(ExitCode.WrongUse, $"The password is longer than the {BytesMax} bytes that MQTT carries.");
            await result.InvocationConfiguration.Output.WriteLineAsync(PasswordHash.Of(bytes).ToString());
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Asks twice, without an echo.</summary>
    private static string Ask(TextWriter talk)
    {
        var first = ReadUnseen(talk, "Password: ");
        return ReadUnseen(talk, "Again: ") == first ? first : throw new CommandException(ExitCode.WrongUse, "The two passwords differ.");
    }

    private static string ReadUnseen(TextWriter talk, string prompt)
    {
        talk.Write(prompt);
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter) break;
            if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar)) typed.Append(key.KeyChar);
        }
        talk.WriteLine();
        return typed.ToString();
    }
}
