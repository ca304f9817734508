using CsCheck;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Rating;

namespace SmartCity.Tests.Cloud.Tolling.Rating;

/// <summary>What holds for every set of uses, over the shipped tariffs.</summary>
public sealed class RatingPropertyTests
{
    private static readonly (string Point, string[] Classes)[] _points =
    [
        ("gbg-station", ["car", "van"]), ("oslo-city-limit", ["car", "truck"]), ("tw-exit", ["small", "large", "trailer"]), ("at-c-section", ["axles-4"]), ("at-l-section", ["axles-4"]),
        ("vat-toll", ["car"]), ("shared-toll", ["car"]), ("hatem-bridge", ["axles-2", "axles-3"]), ("switch-toll", ["car"]), ("tn-segment-1", ["car", "truck-2", "bus"]), ("nowhere", ["car"]),
    ];

    /// <summary>Uses of few vehicles over three days around a change of month, many of them close together.</summary>
    private static readonly Gen<TollUse[]> _uses =
        from count in Gen.Int[0, 40]
        from uses in (from point in OneOf(_points)
                      from vehicleClass in OneOf(point.Classes)
                      from vehicle in OneOf<string?>("IR:12ب34567", "tag:364:7", null)
                      from minute in Gen.Int[0, 3 * 24 * 60]
                      from metres in Gen.Int[0, 400_000]
                      from means in OneOf<string?>("tag", "plate", null)
                      from plan in OneOf<string?>("annual", null)
                      from exemption in OneOf<string?>("ambulance", "police", null, null)
                      select (point.Point, vehicleClass, vehicle, minute, metres, means, plan, exemption)).Array[count]
        select uses.Select((use, i) => new TollUse($"use-{i}", use.vehicle, Start + (use.minute * 60_000_000L), use.Point, use.vehicleClass, null, ExactAmount.OfMinor(use.metres, 3), use.means, use.plan, use.exemption)).ToArray();

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static long Start => new DateTimeOffset(2026, 3, 30, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;

    [Fact]
    public void The_order_of_uses_is_of_no_matter() =>
        Gen.Select(_uses, Gen.Int[0, 1000]).Sample((uses, seed) =>
        {
            var shuffled = uses.ToArray();
            new Random(seed).Shuffle(shuffled);
            Assert.Equal(Text(Rate(uses)), Text(Rate(shuffled)));
        }, iter: 200);

    [Fact]
    public void A_use_that_comes_three_times_is_charged_once() =>
        _uses.Sample(uses => Assert.Equal(Text(Rate(uses)), Text(Rate([.. uses, .. uses, .. uses]))), iter: 200);

    [Fact]
    public void Each_use_is_one_charge_or_one_problem_and_what_has_no_price_is_never_zero() =>
        _uses.Sample(uses =>
        {
            var result = Rate(uses);
            Assert.Equal(uses.Select(use => use.Id).Order(StringComparer.Ordinal), result.Charges.Select(charge => charge.Use.Id).Concat(result.Problems.Select(problem => problem.Use.Id)).Order(StringComparer.Ordinal));
            Assert.All(result.Charges, charge => Assert.False(charge.Use is { Point: "nowhere" } or { VehicleClass: "truck" or "truck-2" or "bus" }));
        }, iter: 200);

    [Fact]
    public void The_changes_of_a_trace_add_up_to_what_is_paid_and_shares_to_the_net() =>
        _uses.Sample(uses =>
        {
            foreach (var charge in Rate(uses).Charges)
            {
                var sum = charge.Trace.Aggregate(ExactAmount.Zero, (total, step) => total + step.Change);
                Assert.Equal(ExactAmount.OfMinor(charge.Gross, charge.Scale), sum);
                Assert.Equal(sum, charge.Trace[^1].Amount);
                Assert.Equal(charge.Net, charge.Shares.Sum(share => share.Net));
                Assert.True(charge.Net >= 0 && charge.Vat >= 0);
            }
        }, iter: 200);

    [Fact]
    public void No_cap_is_ever_exceeded() =>
        _uses.Sample(uses =>
        {
            var charges = Rate(uses).Charges;
            var vehicles = charges.Where(charge => charge.Use.Vehicle is not null).GroupBy(charge => (charge.Corridor, charge.Use.Vehicle, charge.Day, charge.Partner));
            Assert.All(vehicles.Where(day => day.Key.Corridor == "gothenburg"), day => Assert.True(day.Sum(charge => charge.Gross) <= 60_00));
        }, iter: 200);

    [Theory]
    [InlineData("halfAwayFromZero", "0.5")]
    [InlineData("up", "1")]
    [InlineData("up", "20")]
    [InlineData("halfToEven", "0.01")]
    [InlineData("down", "5")]
    public void Rounding_does_not_go_beyond_caps_of_day_and_month(string mode, string unit)
    {
        var configuration = Made.Configuration($$"""
            "dailyCap": 60, "monthlyCap": 100, "monthlyCount": 9, "paymentDiscounts": [{ "means": "tag", "percent": 12.5 }],
            "prices": [{ "point": "p", "class": "car", "amount": 17.77 }, { "point": "p", "class": "bus", "amount": 0.33 }],
            "rounding": { "mode": "{{mode}}", "unit": {{unit}}, "stage": "line" }
            """);
        (from hours in Gen.Int[0, 24 * 60].Array[0, 40]
         from flags in Gen.Int[0, 3].Array[40]
         select hours.Select((hour, i) => new TollUse($"u{i}", "v", Start + (hour * 3_600_000_000L), "p", (flags[i] & 1) == 0 ? "car" : "bus", Means: (flags[i] & 2) == 0 ? "tag" : null)).ToArray())
        .Sample(uses =>
        {
            var charges = RatingEngine.Rate(uses, configuration).Charges;
            Assert.Equal(uses.Length, charges.Count);
            Assert.All(charges.GroupBy(charge => charge.Day), day => Assert.True(day.Sum(charge => charge.Gross) <= 60_00));
            foreach (var month in charges.GroupBy(charge => (charge.Day.Year, charge.Day.Month)))
            {
                Assert.True(month.Sum(charge => charge.Gross) <= 100_00);
                Assert.True(month.Count(charge => charge.Gross > 0) <= 9);
            }
        }, iter: 100);
    }

    [Fact]
    public void A_later_use_never_changes_an_earlier_charge_where_there_are_only_caps()
    {
        var configuration = Made.Configuration("""
            "dailyCap": 60, "prices": [{ "point": "p", "class": "car", "amount": 17.77 }], "rounding": { "unit": 0.01, "stage": "line" }
            """);
        Gen.Int[0, 1439].Array[1, 10].Sample(minutes =>
        {
            var uses = minutes.Order().Select((minute, i) => new TollUse($"u{i:00}", "v", Start + (minute * 60_000_000L), "p", "car")).ToArray();
            Assert.Equal(Text(RatingEngine.Rate(uses[..^1], configuration)), Text(RatingEngine.Rate(uses, configuration), uses[^1].Id));
        }, iter: 100);
    }

    [Fact]
    public void Two_different_uses_with_one_id_are_a_conflict_in_any_order()
    {
        TollUse[] uses = [new("a", "v", Start, "vat-toll", "car"), new("a", "v", Start + 1, "vat-toll", "car"), new("b", "v", Start, "vat-toll", "car")];
        foreach (var given in (TollUse[][])[uses, [.. uses.Reverse()]])
        {
            var result = Rate(given);
            Assert.Equal("KEY_CONFLICT", Assert.Single(result.Problems).Code);
            Assert.Equal(Start, result.Problems[0].Use.Time);
            Assert.Equal("b", Assert.Single(result.Charges).Use.Id);
        }
    }

    [Theory]
    [InlineData("9223372036854775807", "line", false)]
    [InlineData("9223372036854775807", "bill", false)]
    [InlineData("8461809208123647529", "line", false)]
    [InlineData("8461809208123647530", "line", true)]
    public void An_amount_that_leaves_64_bits_with_its_tax_is_a_problem(string amount, string stage, bool isTooLarge)
    {
        // Of the first two the tax is in it; 8,461,809,208,123,647,529 × 1.09 is the last that fits.
        var included = amount.StartsWith('9');
        var configuration = Made.Configuration($$"""
            "scale": 0, "prices": [{ "point": "p", "class": "car", "amount": "{{amount}}" }],
            "vat": { "percent": 9, "included": {{(included ? "true" : "false")}} }, "rounding": { "unit": 1, "stage": "{{stage}}" }
            """);
        var result = RatingEngine.Rate([new TollUse("u", "v", Start, "p", "car")], configuration);
        if (isTooLarge) Assert.Equal("AMOUNT_TOO_LARGE", Assert.Single(result.Problems).Code);
        else Assert.True(Assert.Single(result.Charges).Gross > 0);
    }

    private static RatingResult Rate(IEnumerable<TollUse> uses) => RatingEngine.Rate(uses, Examples.Configuration);

    private static string Text(RatingResult result, string? without = null) => string.Join('\n',
        result.Charges.Where(charge => charge.Use.Id != without).Select(charge => $"{charge.Use.Id} {charge.Tariff} {charge.Day} {charge.Band} {charge.Net} {charge.Vat} {charge.Partner} {string.Join(",", charge.Shares)} {string.Join("|", charge.Trace)}")
        .Concat(result.Problems.Select(problem => $"{problem.Use.Id} {problem.Code} {problem.Reason}")));
}
