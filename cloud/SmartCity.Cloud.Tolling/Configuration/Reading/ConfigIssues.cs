namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>Collects what is wrong. Counts all of it, keeps the first.</summary>
internal sealed class ConfigIssues
{
    private readonly List<ConfigIssue> _errors = [], _warnings = [];

    public int Count { get; private set; }

    public void Add(ConfigPlace place, string reason, ConfigPlace? other = null)
    {
        Count++;
        if (_errors.Count < TollConfigurationLoad.ErrorsMax) _errors.Add(new ConfigIssue(place, reason, other));
    }

    public void Warn(ConfigPlace place, string reason)
    {
        if (_warnings.Count < TollConfigurationLoad.ErrorsMax) _warnings.Add(new ConfigIssue(place, reason));
    }

    public TollConfigurationLoad Result(Func<TollConfiguration> configuration)
    {
        if (Count == 0) return new TollConfigurationLoad(configuration(), [], _warnings);
        if (Count > _errors.Count) _errors[^1] = _errors[^1] with { Reason = $"{_errors[^1].Reason}; {Count - _errors.Count} errors more are not listed" };
        return new TollConfigurationLoad(null, _errors, _warnings);
    }

    /// <summary>Text of a stranger as one short printable line.</summary>
    public static string Quote(string? text)
    {
        if (text is null) return "nothing";
        var cut = text.Length > 60 ? text[..60] + "…" : text;
        return $"\"{string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format ? '·' : c))}\"";
    }
}
