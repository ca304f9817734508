namespace SmartCity.Edge.Gateway.Broker;

/// <summary>Where an external broker is: <c>mqtt://[user:password@]host[:1883]</c>, or <c>mqtts://…[:8883]</c> over TLS.</summary>
/// <param name="Host">Host name or address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="IsTls">Whether the connection is TLS.</param>
/// <param name="User">User name, or null.</param>
/// <param name="Password">Password, or null.</param>
internal sealed record BrokerAddress(string Host, int Port, bool IsTls, string? User, string? Password)
{
    /// <summary>Reads an address; user and password may be %-encoded.</summary>
    /// <returns>What is wrong with it, never with the password in it; null where nothing is.</returns>
    public static string? TryParse(string text, out BrokerAddress? address)
    {
        address = null;
        const string Form = "mqtt://host:1883 or mqtts://user:password@host:8883 is needed";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("mqtt" or "mqtts")) return $"is no broker's address; {Form}.";
        if (uri.Host.Length == 0 || uri.AbsolutePath is not ("" or "/") || uri.Query.Length > 0 || uri.Fragment.Length > 0) return $"holds more or less than a host and a port; {Form}.";
        if (uri.Port == 0) return $"has port 0; {Form}.";
        var isTls = uri.Scheme == "mqtts";
        string?[] login = uri.UserInfo.Length == 0 ? [null, null] : uri.UserInfo.Split(':', 2) is [var name, var word] ? [name, word] : [uri.UserInfo, null];
        address = new BrokerAddress(uri.IdnHost, uri.Port > 0 ? uri.Port : isTls ? 8883 : 1883, isTls,
            login[0] is { } user ? Uri.UnescapeDataString(user) : null, login[1] is { } password ? Uri.UnescapeDataString(password) : null);
        return null;
    }

    /// <summary>The address without user and password, for logs and pages.</summary>
    public override string ToString() => $"{(IsTls ? "mqtts" : "mqtt")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
}
