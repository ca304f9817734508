namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>Rows of the registers once each, and what they name exists.</summary>
internal static class RegisterRules
{
    public static void Check(ConfigParts parts, ConfigIssues issues)
    {
        var issuers = Once(parts.Issuers, issuer => issuer.Number, issuer => issuer.Place, "issuer");
        var accounts = Once(parts.Accounts, account => account.Id, account => account.Place, "account");
        Once(parts.Tags, tag => tag.Tag, tag => tag.Place, "tag");
        Once(parts.Plates, plate => plate.Plate.Key, plate => plate.Place, "plate");
        var plans = parts.Tariffs.SelectMany(tariff => tariff.Plans).Select(plan => plan.Key).ToHashSet(StringComparer.Ordinal);
        var exemptions = parts.Tariffs.SelectMany(tariff => tariff.Exemptions).Select(exemption => exemption.Code).ToHashSet(StringComparer.Ordinal);
        var classes = parts.Corridors.SelectMany(corridor => corridor.Classes).ToHashSet(StringComparer.Ordinal);

        foreach (var account in parts.Accounts)
        {
            Known(account.Plan, plans, "plan", "of no tariff", account.Place);
            Known(account.Exemption, exemptions, "exemption", "of no tariff", account.Place);
        }
        foreach (var tag in parts.Tags)
        {
            if (!issuers.Contains(tag.Tag.Issuer)) issues.Add(tag.Place, $"issuer {tag.Tag.Issuer} is in no file");
            Known(tag.Account, accounts, "account", "in no file", tag.Place);
        }
        foreach (var plate in parts.Plates)
        {
            Known(plate.Account, accounts, "account", "in no file", plate.Place);
            Known(plate.VehicleClass, classes, "class", "of no corridor", plate.Place);
        }
        foreach (var entry in parts.Exceptions)
            if (entry.Kind != ExceptionKind.Block) Known(entry.Code, entry.Kind == ExceptionKind.Exempt ? exemptions : plans, entry.Kind == ExceptionKind.Exempt ? "exemption" : "plan", "of no tariff", entry.Place);
        foreach (var group in parts.Exceptions.GroupBy(entry => (entry.Kind, entry.Subject)).Where(group => group.Skip(1).Any()))
        {
            var rows = group.OrderBy(entry => entry.From ?? DateTime.MinValue).ToList();
            for (var i = 1; i < rows.Count; i++)
                if ((rows[i - 1].To ?? DateTime.MaxValue) > (rows[i].From ?? DateTime.MinValue)) issues.Add(rows[i].Place, $"{rows[i].Subject} stands twice for one time, also at {rows[i - 1].Place}", rows[i - 1].Place);
        }

        HashSet<TKey> Once<T, TKey>(List<T> rows, Func<T, TKey> key, Func<T, ConfigPlace> place, string what) where TKey : notnull
        {
            var first = new Dictionary<TKey, T>();
            foreach (var row in rows)
                if (!first.TryAdd(key(row), row)) issues.Add(place(row), $"{what} {key(row)} stands twice, also at {place(first[key(row)])}", place(first[key(row)]));
            return [.. first.Keys];
        }

        void Known(string? one, HashSet<string> known, string what, string none, ConfigPlace place)
        {
            if (one is not null && !known.Contains(one)) issues.Add(place, $"{what} {ConfigIssues.Quote(one)} is {none}");
        }
    }
}
