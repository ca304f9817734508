namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>What holds between the parts of a configuration.</summary>
internal static class ConfigurationRules
{
    public static void Check(ConfigParts parts, ConfigIssues issues)
    {
        Versions(parts.Corridors, corridor => corridor.Id, "corridor", issues);
        Versions(parts.Calendars, calendar => calendar.Id, "calendar", issues);
        Versions(parts.Tariffs, tariff => tariff.Corridor, "tariff of the corridor", issues);
        Versions(parts.PenaltyPolicies, policy => policy.Id, "penalty policy", issues);
        CorridorRules.Check(parts, issues);
        RegisterRules.Check(parts, issues);
        // What a tariff may name follows from versions that are in order.
        if (issues.Count == 0) new TariffRules(parts, issues).Check();
    }

    /// <summary>Numbers once each; validities of those that stand neither overlap nor leave a gap.</summary>
    private static void Versions<T>(List<T> versions, Func<T, string> key, string what, ConfigIssues issues) where T : ConfigVersion
    {
        var byNumber = new Dictionary<(string, int), T>();
        foreach (var version in versions)
            if (!byNumber.TryAdd((version.Id, version.Version), version)) Conflict(version, byNumber[(version.Id, version.Version)], "has the number of");
        foreach (var version in versions.Where(version => version.Replaces is not null))
        {
            if (!byNumber.TryGetValue((version.Id, version.Replaces!.Value), out var old)) issues.Add(version.Origin, $"{what} {version} replaces version {version.Replaces}, which is in no file");
            else if (old.ValidFrom != version.ValidFrom || old.ValidTo != version.ValidTo) Conflict(version, old, "replaces, but has not the validity of");
            else if (key(old) != key(version)) Conflict(version, old, "replaces, but is of another corridor than");
        }
        foreach (var twice in versions.Where(version => version.Replaces is not null).GroupBy(version => (version.Id, version.Replaces)).Where(group => group.Count() > 1))
            Conflict(twice.ElementAt(1), twice.First(), $"replaces version {twice.Key.Replaces}, as does");
        foreach (var group in versions.GroupBy(key, StringComparer.Ordinal))
        {
            var standing = Timeline.Standing(group);
            for (var i = 1; i < standing.Count; i++)
            {
                var (before, after) = (standing[i - 1], standing[i]);
                if (after.ValidFrom == before.ValidFrom) Conflict(after, before, "begins with");
                else if (before.ValidTo > after.ValidFrom) Conflict(after, before, $"begins on {Show(after.ValidFrom)}, before the end on {Show(before.ValidTo.Value)} of");
                else if (before.ValidTo < after.ValidFrom) Conflict(after, before, $"begins on {Show(after.ValidFrom)}, after the end on {Show(before.ValidTo.Value)}, so that nothing holds between, of");
            }
        }

        void Conflict(T version, T other, string how) => issues.Add(version.Origin, $"{what} {version} {how} {other}", other.Origin);
    }

    /// <summary>Refuses a time of day at which something is to begin or end and that a zone leaves out or has twice; a date alone begins with its first moment.</summary>
    internal static void Times(ConfigVersion version, TimeZoneInfo zone, string what, ConfigIssues issues)
    {
        foreach (var (name, local) in (ReadOnlySpan<(string, DateTime?)>)[("validFrom", version.ValidFrom), ("validTo", version.ValidTo)])
        {
            if (local is not { } time || time.TimeOfDay == TimeSpan.Zero) continue;
            if (zone.IsInvalidTime(time)) issues.Add(version.Origin, $"{name} of {what} {version}: there is no {Show(time)} in {zone.Id}, where clocks are put forward over it; take the time after it");
            else if (zone.IsAmbiguousTime(time)) issues.Add(version.Origin, $"{name} of {what} {version}: {Show(time)} comes twice in {zone.Id}, where clocks are put back over it; take a time before or after it");
        }
    }

    internal static string Show(DateTime local) => local.ToString(local.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
}
