using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Tests.Cloud.Tolling.Rating;

namespace SmartCity.Tests.Cloud.Tolling.Configuration;

/// <summary>What an import would change, and the history of imports.</summary>
public sealed class ConfigurationHistoryTests : IDisposable
{
    private const string Bands = """, "bands": [{ "band": "peak", "from": "07:00", "to": "09:00", "days": ["working"] }]""";
    private const string Round = "\"rounding\": { \"unit\": 0.01, \"stage\": \"line\" }";
    private static readonly DateTimeOffset _now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly string _calendar = Made.Calendar.Replace(", \"defaultBand\"", Bands + ", \"defaultBand\"", StringComparison.Ordinal);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_effect_names_days_points_classes_and_both_prices()
    {
        var before = Load(Prices(1, "2020-01-01", 3, 1));
        var after = Load(Prices(1, "2020-01-01", 3, 1), Prices(2, "2026-05-01", 4, 1));
        var row = Assert.Single(ConfigurationEffect.Of(before, after).Rows);
        Assert.Equal(("p", "car", "working", "07:00–09:00", "3 EUR", "4 EUR"), (row.What, row.VehicleClass, row.Days, row.Time, row.Before, row.After));
        // 1 May 2026 is a Friday.
        Assert.Equal(new DateOnly(2026, 5, 2), row.From);
        Assert.Null(row.To);
    }

    [Fact]
    public void An_effect_that_ends_has_its_last_day_and_the_number_of_days()
    {
        var before = Load(Prices(1, "2020-01-01", 3, 1), Prices(2, "2026-06-01", 5, 1));
        var after = Load(Prices(1, "2020-01-01", 3, 1), Prices(3, "2026-05-04", 4, 1), Prices(2, "2026-06-01", 5, 1));
        var row = Assert.Single(ConfigurationEffect.Of(before, after).Rows);
        // 28 days of May from Monday the 4th, four of them Fridays.
        Assert.Equal((new DateOnly(2026, 5, 4), new DateOnly(2026, 5, 31), 24), (row.From, row.To, row.DayCount));
    }

    [Fact]
    public void A_new_holiday_changes_the_price_of_its_day_and_of_its_eve()
    {
        var text = Made.Document(Prices(1, "2020-01-01", 3, 1), calendar: _calendar);
        var (before, after) = (Made.Load(text).Configuration!, Made.Load(text.Replace("\"2026-01-01\"", "\"2026-01-01\", \"2026-05-05\"", StringComparison.Ordinal)).Configuration!);
        Assert.Empty(ConfigurationEffect.Of(before, before).Rows);
        // The day before it becomes an eve, which has no peak in this calendar.
        var row = Assert.Single(ConfigurationEffect.Of(before, after).Rows);
        Assert.Equal("working as eve, working as holiday", row.Days);
        Assert.Equal((new DateOnly(2026, 5, 4), new DateOnly(2026, 5, 5), 2, "3 EUR", "1 EUR"), (row.From, row.To, row.DayCount, row.Before, row.After));
    }

    [Fact]
    public void A_version_that_begins_at_noon_changes_half_a_day()
    {
        var before = Load(Prices(1, "2020-01-01", 3, 1));
        var after = Load(Prices(1, "2020-01-01", 3, 1), Prices(2, "2026-05-04T12:00", 3, 2));
        var rows = ConfigurationEffect.Of(before, after).Rows;
        Assert.Equal((new DateOnly(2026, 5, 4), new DateOnly(2026, 5, 4), 1), Assert.Single(rows, row => row.Time == "12:00–24:00") is var half ? (half.From, half.To, half.DayCount) : default);
        Assert.Equal(["00:00–07:00", "09:00–24:00", ""], rows.Where(row => row.Time != "12:00–24:00").Select(row => row.Time).OrderBy(time => time.Length == 0).ThenBy(time => time, StringComparer.Ordinal));
    }

    [Fact]
    public void Rules_are_told_with_what_they_were()
    {
        var row = Assert.Single(ConfigurationEffect.Of(Load(Prices(1, "2020-01-01", 3, 1)), Load(Prices(1, "2020-01-01", 3, 1, ", \"dailyCap\": 60"))).Rows);
        Assert.Equal(("dailyCap", "–", "60", new DateOnly(2020, 1, 1)), (row.What, row.Before, row.After, row.From));
    }

    [Fact]
    public void A_point_that_becomes_an_exit_and_a_new_account_are_told()
    {
        var text = Made.Document(Prices(1, "2020-01-01", 3, 1), calendar: _calendar);
        var after = Made.Load(text.Replace("\"id\": \"p\", ", "\"id\": \"p\", \"role\": \"exit\", ", StringComparison.Ordinal), "account,payment\n1,prepaid\n").Configuration!;
        var effect = ConfigurationEffect.Of(Made.Load(text).Configuration!, after);
        Assert.Equal(("points", "p", "p (Exit)"), Assert.Single(effect.Rows) is var row ? (row.What, row.Before, row.After) : default);
        Assert.Equal(new RegisterChange("accounts", 1, 0, 0), Assert.Single(effect.Registers));
    }

    [Fact]
    public void An_import_is_kept_and_the_same_again_changes_nothing()
    {
        using var store = Open();
        Assert.Same(TollConfiguration.Empty, store.Current());
        var first = store.Import(Examples.Files, "a", _now);
        Assert.Equal((1, false), (first.Number, first.IsRepeat));
        var again = store.Import([Examples.Files[0]], "b", _now);
        Assert.Equal((1, true), (again.Number, again.IsRepeat));
        using var other = Open();
        var state = Assert.Single(other.History());
        Assert.Equal((1, Examples.Configuration.Hash, "a", _now, first.Effect.From), (state.Number, state.Hash, state.By, state.Imported, state.Effective));
        Assert.Equal(Examples.Configuration.Hash, other.Current().Hash);
    }

    [Fact]
    public void A_plan_and_a_wrong_file_change_nothing()
    {
        using var store = Open();
        store.Import([Made.File(Made.Document(Prices(1, "2020-01-01", 3, 1), calendar: _calendar))], "a", _now);
        Assert.Equal(new DateOnly(2026, 5, 2), store.Plan([Made.File(Made.Document(Prices(1, "2020-01-01", 3, 1) + "," + Prices(2, "2026-05-01", 4, 1), calendar: _calendar))], _now).Effect.From);
        Assert.NotEmpty(store.Import([Made.File("{", "b.json")], "a", _now).Load.Errors);
        Assert.NotEmpty(store.Import([Made.File("tariff,version,point,class,amount\nt,1,p,car,9\n", "b.csv")], "a", _now).Load.Errors);
        Assert.Equal(1, store.Newest);
        Assert.Single(store.History());
    }

    [Fact]
    public void A_version_that_has_begun_is_never_changed_or_taken_away_and_one_to_come_may_be()
    {
        using var store = Open();
        ConfigFile File(string tariffs) => Made.File(Made.Document(tariffs, calendar: _calendar));
        var (old, coming) = (Prices(1, "2020-01-01", 3, 1), Prices(2, "2026-05-01", 4, 1));
        Assert.Empty(store.Import([File($"{old},{coming}")], "a", _now).Load.Errors);
        Assert.Contains("has begun and is imported with other content", Assert.Single(store.Import([File($"{Prices(1, "2020-01-01", 3, 2)},{coming}")], "a", _now).Load.Errors).Reason, StringComparison.Ordinal);
        Assert.Contains("has begun and is missing from the file", Assert.Single(store.Import([File(coming)], "a", _now).Load.Errors).Reason, StringComparison.Ordinal);
        Assert.Equal(1, store.Newest);
        Assert.Empty(store.Import([File(old)], "a", _now).Load.Errors);
        Assert.Empty(store.Import([File($"{old},{Prices(2, "2026-05-01", 5, 1)}")], "a", _now).Load.Errors);
        Assert.NotEmpty(store.Import([File(old)], "a", _now.AddDays(90)).Load.Errors);
        // A wrong one is withdrawn by one of the same validity.
        var replaced = store.Import([File($"{old},{Prices(2, "2026-05-01", 5, 1)},{Prices(3, "2020-01-01", 2, 1, ", \"replaces\": 1")}")], "a", _now.AddDays(90));
        Assert.Empty(replaced.Load.Errors);
        Assert.Equal((4, new DateOnly(2020, 1, 1)), (replaced.Number, replaced.Effect.From!.Value));
        Assert.Equal([4, 3, 2, 1], store.History().Select(state => state.Number));
    }

    private SqliteTollConfigurationStore Open() => SqliteTollConfigurationStore.Open(_folder["configuration.db"]);

    private static string Prices(int version, string from, int peak, int all, string more = "") =>
        Made.Tariff($$"""
            "version": {{version}}, "validFrom": "{{from}}"{{more}}, {{Round}},
            "prices": [{ "point": "p", "class": "car", "band": "peak", "amount": {{peak}} }, { "point": "p", "class": "car", "band": "all", "amount": {{all}} }]
            """);

    private static TollConfiguration Load(params string[] tariffs)
    {
        var load = Made.Load(Made.Document(string.Join(",\n", tariffs), calendar: _calendar));
        return load.Configuration ?? throw new InvalidOperationException(string.Join('\n', load.Errors));
    }
}
