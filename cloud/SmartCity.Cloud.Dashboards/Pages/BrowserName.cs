namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>What a person calls a browser, e.g. Firefox, Android: by the mark that the others of its kind do not carry.</summary>
public static class BrowserName
{
    private const int LengthMax = 80;
    private static readonly (string Mark, string Name)[] _browsers = [("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    private static readonly (string Mark, string Name)[] _systems = [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")];

    /// <summary>Of a User-Agent header; what is no known browser keeps its own words, cut to a line.</summary>
    public static string Of(string agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        if (Find(_browsers) is not { } browser) return agent.Length > LengthMax ? $"{agent.AsSpan(0, LengthMax)}…" : agent;
        return Find(_systems) is { } system ? $"{browser}, {system}" : browser;

        string? Find((string Mark, string Name)[] marks) => Array.Find(marks, one => agent.Contains(one.Mark, StringComparison.Ordinal)).Name;
    }
}
