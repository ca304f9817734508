namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>Names that stand in certificates: <c>spiffe://{city}/gateway/{id}</c>.</summary>
public static class CityName
{
    private const int CityMax = 63;
    private const int IdMax = 128;

    /// <summary>Whether a city's name can stand in an identity: 1–63 of a-z, 0-9 and -.</summary>
    public static bool IsCity(string? name) => name is { Length: > 0 and <= CityMax } && name.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    /// <summary>Whether an id can stand there: 1–128 of A-Za-z0-9 . _ : -, and not of dots alone, which would be steps of a path.</summary>
    public static bool IsGateway(string? id) => id is { Length: > 0 and <= IdMax } and not ("." or "..") && id.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or ':' or '-');

    /// <summary>The identity of a gateway.</summary>
    public static string Identity(string city, string gateway) => $"spiffe://{city}/gateway/{gateway}";
}
