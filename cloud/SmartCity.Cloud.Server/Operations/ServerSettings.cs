using System.CommandLine;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>The server's settings as its commands load them.</summary>
internal static class ServerSettings
{
    /// <summary>Loads all settings; certificates are read too, so that their errors come with the others.</summary>
    /// <exception cref="SettingsException">Some cannot be used.</exception>
    public static Settings Load(IReadOnlyList<string> args, ParseResult result, Option<string> data)
    {
        List<Setting> given = result.GetResult(data) is { Implicit: false } ? [new Setting($"{ServerOptions.Section}:{nameof(ServerOptions.Data)}", result.GetValue(data), "--data")] : [];
        var settings = SettingsLoader.Load("server", args, [typeof(ServerOptions)], given);
        var options = settings.Get<ServerOptions>();
        options.Data = Path.GetFullPath(options.Data);
        using var certificates = ServerCertificates.Load(options);
        return settings;
    }

    /// <summary>
    /// The folder of a server's data: as <c>--data</c> says, else as the settings say. Settings that cannot be used do not keep an operator from
    /// looking at what the default folder holds.
    /// </summary>
    public static string DataOf(IReadOnlyList<string> args, ParseResult result, Option<string> data)
    {
        if (result.GetResult(data) is not { Implicit: false })
        {
            try
            {
                return Load(args, result, data).Get<ServerOptions>().Data;
            }
            catch (SettingsException)
            {
                // The folder is named in the answer.
            }
        }
        return Path.GetFullPath(result.GetRequiredValue(data));
    }

    /// <summary>The settings; those of the default where some cannot be used, with the folder of <c>--data</c>.</summary>
    public static ServerOptions OptionsOf(IReadOnlyList<string> args, ParseResult result, Option<string> data)
    {
        try
        {
            return Load(args, result, data).Get<ServerOptions>();
        }
        catch (SettingsException)
        {
            return new ServerOptions { Data = Path.GetFullPath(result.GetRequiredValue(data)) };
        }
    }
}
