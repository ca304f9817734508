using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Mqtt;

/// <summary>Where the broker is: <c>mqtt://host</c> (1883) or <c>mqtts://host</c> (8883), with an optional port and <c>user:password@</c>.</summary>
/// <param name="Host">Host name or address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="IsTls">Whether the connection is TLS.</param>
/// <param name="User">User name, or null; <c>{device}</c> in it stands for the device's id.</param>
/// <param name="Password">Password, or null.</param>
public sealed record BrokerAddress(string Host, int Port, bool IsTls, string? User, string? Password)
{
    /// <summary>Reads an address.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? TryParse(string text, out BrokerAddress? address)
    {
        address = null;
        const string Form = "write it as mqtt://host:1883 or mqtts://user:password@host:8883";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("mqtt" or "mqtts")) return $"{text} is no broker's address; {Form}.";
        if (uri.Host.Length == 0 || uri.AbsolutePath is not ("" or "/") || uri.Query.Length > 0) return $"{text} holds more or less than a host and a port; {Form}.";
        var isTls = uri.Scheme == "mqtts";
        var (user, password) = uri.UserInfo.Split(':', 2) switch
        {
            [""] => (null, null),
            [var name] => (Uri.UnescapeDataString(name), null),
            var both => (Uri.UnescapeDataString(both[0]), (string?)Uri.UnescapeDataString(both[1])),
        };
        address = new BrokerAddress(uri.IdnHost, uri.Port > 0 ? uri.Port : isTls ? 8883 : 1883, isTls, user, password);
        return null;
    }

    /// <summary>The user name under which a device connects.</summary>
    public string? UserOf(string device) => User?.Replace("{device}", device, StringComparison.Ordinal);

    /// <summary>PEM file of the authority that signed the broker's certificate; the machine's own authorities if null.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>How the broker's certificate is judged; null for the machine's own way.</summary>
    internal X509ChainPolicy? ChainPolicy()
    {
        if (AuthorityFile is null) return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(AuthorityFile);
        return policy;
    }

    /// <summary>The address as written, without the password.</summary>
    public override string ToString() => $"{(IsTls ? "mqtts" : "mqtt")}://{Host}:{Port}";

    /// <summary>The option <c>--broker</c>.</summary>
    internal static Option<BrokerAddress> Option() => new("--broker")
    {
        Description = "Where the broker is.",
        HelpName = "mqtt://HOST:PORT",
        DefaultValueFactory = _ => new BrokerAddress("127.0.0.1", 1883, false, null, null),
        CustomParser = result =>
        {
            if (TryParse(result.Tokens.Count == 1 ? result.Tokens[0].Value : "", out var address) is { } wrong) result.AddError($"--broker: {wrong}");
            return address!;
        },
    };

    /// <summary>The option <c>--ca</c>.</summary>
    internal static Option<string> AuthorityOption() => new("--ca") { Description = "PEM file of the authority that signed the broker's certificate (mqtts).", HelpName = "FILE" };

    /// <summary>The address that the options give.</summary>
    /// <exception cref="CommandException">The authority's file is missing, or of no use without TLS.</exception>
    internal static BrokerAddress Of(ParseResult result, Option<BrokerAddress> broker, Option<string> authority)
    {
        var address = result.GetRequiredValue(broker);
        if (result.GetValue(authority) is not { } file) return address;
        if (!address.IsTls) throw new CommandException(ExitCode.WrongUse, $"--ca is of no use with {address}; write mqtts:// for TLS.");
        return File.Exists(file) ? address with { AuthorityFile = file } : throw new CommandException(ExitCode.NotFound, $"--ca: {file} does not exist.");
    }
}
