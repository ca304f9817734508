using System.CommandLine;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Hosting.Commands;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary><c>enrol</c>: gets the gateway its certificate. A gateway that runs takes it up by itself within seconds.</summary>
internal static class EnrolCommand
{
    private static readonly TimeSpan _tryAgain = TimeSpan.FromSeconds(15);

    /// <param name="data">Says the data folder.</param>
    /// <param name="input">In place of the console's stdin, for tests.</param>
    public static Command Create(Func<ParseResult, string> data, TextReader? input = null)
    {
        var code = new Option<string?>("--code") { Description = "Code as smartcity gateway enrol-code prints it, claim secret of the box, or what its QR symbol holds. Asked for, or read from stdin's first line, where it is left out.", HelpName = "CODE" };
        var cloud = new Option<string>("--cloud") { Description = "Address of the city's server.", HelpName = "https://HOST:8444", Required = true };
        var fingerprint = new Option<string?>("--fingerprint") { Description = "Fingerprint of the city's root, where the code was noted without it.", HelpName = "SHA256" };
        var newKey = new Option<bool>("--new-key") { Description = "Makes a new key, as after a theft. The old one holds no longer once the city has answered." };
        var wait = new Option<bool>("--wait") { Description = "Tries on until somebody has vouched for the box, or the city can be reached." };
        cloud.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps)) result.AddError($"--cloud {result.Tokens[0].Value}: an https address is needed, e.g. https://city.example:8444.");
        });
        var command = new Command("enrol", "Gets this gateway its identity: makes its key here, checks the city's root against the code, and has the key signed.") { code, cloud, fingerprint, newKey, wait };
        command.SetAction(async (result, stop) =>
        {
            var talk = result.InvocationConfiguration.Error;
            var typed = result.GetValue(code) is { Length: > 0 } given && given != "-" ? given : await AskAsync(talk, input, stop);
            var folder = IdentityFolder.In(data(result));
            var enroller = new Enroller(folder, TimeProvider.System);
            while (true)
            {
                try
                {
                    var before = folder.Read();
                    var identity = await enroller.EnrolAsync(new Uri(result.GetRequiredValue(cloud)), typed, result.GetValue(fingerprint), result.GetValue(newKey), stop);
                    await result.InvocationConfiguration.Output.WriteLineAsync(identity.Gateway);
                    await talk.WriteLineAsync($"Enrolled as gateway {identity.Gateway} of {identity.City}{(before?.Key == identity.Key ? ", with the key of before" : "")}. The certificate holds until {identity.NotAfter:yyyy-MM-dd HH:mm} UTC and is renewed by itself.");
                    await talk.WriteLineAsync("A gateway that runs here connects within seconds; otherwise start it: smartcity-gateway run. Then look: smartcity-gateway check");
                    return ExitCode.Done;
                }
                catch (EnrolmentException error) when (result.GetValue(wait) && error.Fault is EnrolmentFault.Refused or EnrolmentFault.Unreachable or EnrolmentFault.Throttled)
                {
                    await talk.WriteLineAsync($"{error.Message} Next attempt in {_tryAgain.TotalSeconds:0} s.");
                    await Task.Delay(error.Fault == EnrolmentFault.Throttled ? _tryAgain * 8 : _tryAgain, stop);
                }
                catch (EnrolmentException error)
                {
                    throw new CommandException(error.Fault switch { EnrolmentFault.Typed => ExitCode.WrongUse, EnrolmentFault.Refused or EnrolmentFault.Stranger => ExitCode.NotAllowed, _ => ExitCode.Failed }, error.Message);
                }
            }
        });
        return command;
    }

    private static async Task<string> AskAsync(TextWriter talk, TextReader? input, CancellationToken stop)
    {
        if (input is null && !Console.IsInputRedirected) await talk.WriteAsync("Code: ");
        var line = await (input ?? Console.In).ReadLineAsync(stop);
        return string.IsNullOrWhiteSpace(line) ? throw new CommandException(ExitCode.WrongUse, "There is no code on stdin; type one, or give it with --code.") : line;
    }
}
