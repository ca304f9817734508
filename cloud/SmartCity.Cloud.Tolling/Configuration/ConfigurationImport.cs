namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>What an import does, or would do.</summary>
/// <param name="Number">Number of the state after it; the one that stands where nothing is done.</param>
/// <param name="Load">The configuration after it, or the errors.</param>
/// <param name="Effect">What it changes; nothing where there are errors.</param>
/// <param name="IsRepeat">Whether every file stands already, so that there is nothing to do.</param>
/// <param name="Files">All files after it.</param>
public sealed record ConfigurationImport(int Number, TollConfigurationLoad Load, ConfigurationEffect Effect, bool IsRepeat, IReadOnlyList<ConfigFile> Files)
{
    /// <summary>The last zone to begin a day; what has begun there has begun everywhere that is to be asked for.</summary>
    private static readonly TimeSpan _ahead = TimeSpan.FromHours(14);

    /// <summary>Plans an import into a state. Pure.</summary>
    /// <param name="number">Number of the state that stands.</param>
    /// <param name="current">The configuration that stands.</param>
    /// <param name="files">All files after the import.</param>
    /// <param name="now">A version that began before it is never changed or taken away, only replaced by another.</param>
    public static ConfigurationImport Plan(int number, TollConfiguration current, IReadOnlyList<ConfigFile> files, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(current);
        var load = TollConfiguration.Load(files);
        if (load.Configuration is { } loaded)
        {
            var errors = new List<ConfigIssue>();
            var begun = now.UtcDateTime + _ahead;
            Kept(current.Corridors, loaded.Corridors, "corridor", begun, errors);
            Kept(current.Calendars, loaded.Calendars, "calendar", begun, errors);
            Kept(current.Tariffs, loaded.Tariffs, "tariff", begun, errors);
            Kept(current.PenaltyPolicies, loaded.PenaltyPolicies, "penalty policy", begun, errors);
            if (errors.Count > 0) load = new TollConfigurationLoad(null, [.. errors.Take(TollConfigurationLoad.ErrorsMax)], load.Warnings);
        }
        var effect = load.Configuration is { } after ? ConfigurationEffect.Of(current, after) : new ConfigurationEffect([], []);
        return new ConfigurationImport(number, load, effect, number > 0 && load.Configuration?.Hash == current.Hash, files);
    }

    private static void Kept<T>(IReadOnlyList<T> standing, IReadOnlyList<T> loaded, string what, DateTime begun, List<ConfigIssue> errors) where T : ConfigVersion
    {
        var after = loaded.ToDictionary(version => (version.Id, version.Version));
        foreach (var version in standing.Where(version => version.ValidFrom <= begun))
        {
            if (!after.TryGetValue((version.Id, version.Version), out var same))
                errors.Add(new ConfigIssue(new ConfigPlace(version.Origin.File, 0), $"{what} \"{version.Id}\" version {version.Version} has begun and is missing from the file; a version is never taken away, add one that replaces it", version.Origin));
            else if (same.Hash != version.Hash)
                errors.Add(new ConfigIssue(same.Origin, $"{what} \"{version.Id}\" version {version.Version} has begun and is imported with other content, at {version.Origin}; a version is never changed, add one that replaces it", version.Origin));
        }
    }
}
