namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>The versions that stand, without those withdrawn, by time.</summary>
internal sealed class Timeline<T> where T : ConfigVersion
{
    private readonly DateTime[] _from;

    public Timeline(IEnumerable<T> versions)
    {
        Versions = Timeline.Standing(versions);
        _from = [.. Versions.Select(version => version.ValidFrom)];
    }

    public IReadOnlyList<T> Versions { get; }

    /// <summary>One of them; all have the same zone.</summary>
    public T Any => Versions[0];

    public IEnumerable<DateTime> Changes => _from.Concat(Versions.Select(version => version.ValidTo).OfType<DateTime>());

    public T? At(DateTime local)
    {
        var at = Array.BinarySearch(_from, local);
        var version = at >= 0 ? Versions[at] : at == -1 ? null : Versions[~at - 1];
        // An open end is where the next version begins, and that one was found then.
        return version is { ValidTo: { } end } && local >= end ? null : version;
    }
}

internal static class Timeline
{
    public static Dictionary<string, Timeline<T>> ByKey<T>(IEnumerable<T> versions, Func<T, string> key) where T : ConfigVersion =>
        versions.GroupBy(key, StringComparer.Ordinal).ToDictionary(group => group.Key, group => new Timeline<T>(group), StringComparer.Ordinal);

    /// <summary>Those that no other one replaces, by start.</summary>
    public static IReadOnlyList<T> Standing<T>(IEnumerable<T> versions) where T : ConfigVersion
    {
        var all = versions.ToList();
        var withdrawn = all.Where(version => version.Replaces is not null).Select(version => (version.Id, version.Replaces!.Value)).ToHashSet();
        return [.. all.Where(version => !withdrawn.Contains((version.Id, version.Version))).OrderBy(version => version.ValidFrom)];
    }
}
