using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>The rules of one configuration.</summary>
/// <param name="configuration">Toll points, tariffs and registers.</param>
/// <param name="pseudonymOf">What stands for a plate in the name of a ledger account, by the plate's key and the business date.</param>
public sealed class ConfiguredRules(TollConfiguration configuration, Func<string, DateOnly, string> pseudonymOf) : ITollRules
{
    /// <summary>How long an entry waits for an exit.</summary>
    private static readonly TimeSpan _waitMax = TimeSpan.FromHours(24);
    /// <summary>Slower than this between entry and exit is overtime, km/h.</summary>
    private const double SpeedMinKmh = 10;

    private readonly Dictionary<string, ClosedSystem> _closed = configuration.Corridors.GroupBy(corridor => corridor.Id, StringComparer.Ordinal)
        .Where(versions => versions.Any(corridor => corridor.Points.Any(point => point.Role is not null)))
        .ToDictionary(versions => versions.Key, versions => SystemOf([.. versions]), StringComparer.Ordinal);

    /// <summary>The calendars in whose months something is capped: a charge of such a month depends on the whole of it.</summary>
    private readonly DateSystem[] _months = [.. configuration.Tariffs.Where(tariff => tariff.HasMonthlyCap).Select(tariff => tariff.Months).Distinct()];

    /// <summary>The configuration.</summary>
    public TollConfiguration Configuration => configuration;

    /// <inheritdoc/>
    public CorrelationKnowledge Knowledge => configuration.Registers.Knowledge;

    /// <inheritdoc/>
    public TollPointLayout? PointOf(string lane) => configuration.PointOfLane(lane);

    /// <inheritdoc/>
    public DateOnly DayOf(string point, long time) => ZonedDates.Of(time, configuration.CorridorOf(point) is { } corridor ? configuration.ZoneOf(corridor)! : TimeZoneInfo.Utc);

    /// <inheritdoc/>
    public double? MetresBetween(string from, string to) => configuration.CorridorOf(from) is { } corridor && corridor == configuration.CorridorOf(to)
        ? configuration.Corridors.Where(version => version.Id == corridor).Select(version => version.KmBetween(from, to)).LastOrDefault(km => km is not null) is { } known
            ? 1_000 * double.Parse(known.ToString(), System.Globalization.CultureInfo.InvariantCulture) : null
        : null;

    /// <inheritdoc/>
    public RatingScope ScopeOf(DateOnly day)
    {
        var days = (From: day, To: day);
        // An entry decides about an exit on the day after.
        if (_closed.Count > 0 && day < DateOnly.MaxValue) days.To = day.AddDays(1);
        foreach (var months in _months)
        {
            var plan = months == DateSystem.Persian ? PeriodPlan.JalaliMonth : PeriodPlan.GregorianMonth;
            days = (Earlier(days.From, plan.PeriodOf(days.From).From), Later(days.To, plan.PeriodOf(days.To).To));
        }
        return new RatingScope(days, _closed.Count > 0 && days.From > DateOnly.MinValue ? (days.From.AddDays(-1), days.To) : days);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Charge> Rate(IReadOnlyList<Passage> passages, RatingScope scope)
    {
        var charges = new List<Charge>();
        var uses = new List<(TollUse Use, Passage Passage, Payer Payer)>();
        foreach (var corridor in passages.GroupBy(passage => configuration.CorridorOf(passage.TollPoint) ?? "", StringComparer.Ordinal))
        {
            var open = _closed.TryGetValue(corridor.Key, out var system) ? corridor.Where(passage => !system.Roles.ContainsKey(passage.TollPoint)) : corridor;
            foreach (var passage in open) Add(passage, PassageUse.Of(passage, configuration));
            if (system is null) continue;
            foreach (var trip in TripMatcher.Match(corridor, system, long.MaxValue))
            {
                if (trip.Entry is { } entry) charges.Add(Of(entry) with { Outcome = ChargeOutcome.Entry, Code = trip.Exit is null ? "NO_EXIT" : null, Trace = trip.Exit is { } of ? [new ChargeStep("Trip", of.Id, "0", "0")] : [] });
                if (trip.Exit is { } exit) Add(exit, PassageUse.Of(trip, configuration));
            }
        }
        var byId = uses.ToDictionary(use => use.Use.Id, StringComparer.Ordinal);
        var rated = RatingEngine.Rate(uses.Select(use => use.Use), configuration);
        charges.AddRange(rated.Charges.Select(charge => Of(byId[charge.Use.Id].Passage, charge, byId[charge.Use.Id].Payer)));
        charges.AddRange(rated.Problems.Select(problem => Of(byId[problem.Use.Id].Passage) with { Outcome = ChargeOutcome.Unrated, Code = CodeOf(problem), Trace = [new ChargeStep(problem.Code, problem.Reason, "0", "0")] }));
        return [.. charges.Where(charge => charge.Day >= scope.Days.From && charge.Day <= scope.Days.To)];

        void Add(Passage passage, PassageUse use)
        {
            if (use.Use is { } known) uses.Add((known, passage, use.Payer));
            else charges.Add(Of(passage) with { Outcome = ChargeOutcome.Unrated, Code = "CLASS_UNKNOWN" });
        }
    }

    private Charge Of(Passage passage, TollCharge rated, Payer payer)
    {
        var charge = Of(passage) with
        {
            Tariff = FormattableString.Invariant($"{rated.Tariff.Id}/{rated.Tariff.Version}"),
            Trace = [.. rated.Trace.Select(step => new ChargeStep(step.Rule.ToString(), step.Input, step.Change.ToString(), step.Amount.ToString()))],
        };
        var asked = rated.Partner is { } partner ? Payer.OfPartner(partner) : payer;
        if (AccountOf(asked, charge.Day) is not { } account)
            return rated.Gross == 0 ? charge with { Outcome = ChargeOutcome.Charged } : charge with { Outcome = ChargeOutcome.Unrated, Code = "PAYER_UNKNOWN" };
        var exempt = rated.Gross == 0 && rated.Trace.Any(step => step.Rule == RatingRule.Exemption);
        return charge with { Outcome = exempt ? ChargeOutcome.Exempt : ChargeOutcome.Charged, Payer = account, Shares = rated.Shares, Vat = rated.Vat };
    }

    private string? AccountOf(Payer payer, DateOnly day) => payer.LedgerAccount ?? (payer.Kind == PayerKind.Plate ? Payer.AccountOfPlate(pseudonymOf(payer.Ref, day)) : null);

    private Charge Of(Passage passage) => new(
        passage.Id, 0, passage.TollPoint, passage.Lane, DayOf(passage.TollPoint, passage.Time), passage.Time, passage.Vehicle, ChargeOutcome.Unrated, null, null, [], 0, null, []);

    private static string CodeOf(RatingProblem problem) => problem.Fault == RatingFault.EntryMissing ? "NO_ENTRY" : problem.Code;

    private static ClosedSystem SystemOf(IReadOnlyList<Corridor> versions)
    {
        var roles = new Dictionary<string, TollPointRole>(StringComparer.Ordinal);
        foreach (var point in versions.SelectMany(version => version.Points))
            if (point.Role is { } role) roles[point.Id] = role;
        return new ClosedSystem(roles, (from, to) => versions[^1].KmBetween(from, to) is { } km ? TimeSpan.FromHours(double.Parse(km.ToString(), System.Globalization.CultureInfo.InvariantCulture) / SpeedMinKmh) : _waitMax, _waitMax);
    }

    private static DateOnly Earlier(DateOnly a, DateOnly b) => a < b ? a : b;

    private static DateOnly Later(DateOnly a, DateOnly b) => a > b ? a : b;
}
