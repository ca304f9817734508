using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Move;

/// <summary>Names a store of readings on a command line: <c>duckdb</c>, <c>duckdb:FOLDER</c>, <c>influx</c>, <c>influx://host:8086/database</c>, <c>victoria</c>, <c>victoria://host:8428</c>.</summary>
/// <param name="Store">Its name in the settings.</param>
/// <param name="Options">The settings that lead to it.</param>
internal sealed record StoreAddress(string Store, ServerOptions Options)
{
    /// <summary>Reads one; what it does not say is as the settings say.</summary>
    /// <exception cref="FormatException">It names no store; the message says how one is named.</exception>
    public static StoreAddress Parse(string text, ServerOptions settings)
    {
        if (text is "duckdb" or "influx" or "victoria") return new StoreAddress(text, Copy(settings, text));
        if (text.StartsWith("duckdb:", StringComparison.Ordinal) && text.Length > 7)
            return new StoreAddress("duckdb", Copy(settings, "duckdb", options => options.DuckDb = settings.DuckDb with { Folder = Path.GetFullPath(text[7..]) }));
        var at = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = at < 0 ? "" : text[..at];
        if (scheme is "influx" or "influxs" or "victoria" or "victorias" && Uri.TryCreate((scheme[^1] == 's' ? "https" : "http") + text[at..], UriKind.Absolute, out var address))
        {
            var (root, database) = (new Uri(address.GetLeftPart(UriPartial.Authority).Replace(address.UserInfo + "@", "", StringComparison.Ordinal)), Uri.UnescapeDataString(address.AbsolutePath.Trim('/')));
            var (user, password) = address.UserInfo.Split(':', 2) is [var name, var secret] ? (Uri.UnescapeDataString(name), Uri.UnescapeDataString(secret)) : (address.UserInfo.Length > 0 ? address.UserInfo : null, null);
            if (scheme.StartsWith("influx", StringComparison.Ordinal))
            {
                return new StoreAddress("influx", Copy(settings, "influx", options => options.Influx = settings.Influx with
                {
                    Address = root, Database = database.Length > 0 ? database : settings.Influx.Database, User = user ?? settings.Influx.User, Password = password ?? settings.Influx.Password,
                }));
            }
            if (database.Length == 0) return new StoreAddress("victoria", Copy(settings, "victoria", options => options.Victoria = settings.Victoria with { Address = root, User = user ?? settings.Victoria.User, Password = password ?? settings.Victoria.Password }));
        }
        throw new FormatException($"\"{text}\" names no store. Such do: duckdb, duckdb:FOLDER, influx (as the settings say), influx://host:8086/database, influxs://… over TLS, victoria, victoria://host:8428. Tokens come from the settings.");
    }

    /// <summary>Where the readings lie, for words.</summary>
    public string Place => Store switch { "influx" => $"InfluxDB at {Options.Influx.Address}, database {Options.Influx.Database}", "victoria" => $"VictoriaMetrics at {Options.Victoria.Address}", _ => Options.DuckDb.Folder.Length > 0 ? Options.DuckDb.Folder : Path.Combine(Options.Data, "readings") };

    private static ServerOptions Copy(ServerOptions settings, string store, Action<ServerOptions>? change = null)
    {
        var options = new ServerOptions { Data = settings.Data, Store = store, DuckDb = settings.DuckDb, Influx = settings.Influx, Victoria = settings.Victoria };
        change?.Invoke(options);
        return options;
    }
}
