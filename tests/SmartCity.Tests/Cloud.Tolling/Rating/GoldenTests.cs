using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Rating;

namespace SmartCity.Tests.Cloud.Tolling.Rating;

/// <summary>Published and constructed prices over the shipped example tariffs, to the last digit.</summary>
public sealed class GoldenTests
{
    private static readonly JsonElement[] _cases = Read();

    public static TheoryData<string> Cases => [.. _cases.Select(golden => golden.GetProperty("case").GetString()!)];

    [Theory, MemberData(nameof(Cases))]
    public void Shipped_tariffs_give_the_golden_prices(string name)
    {
        var golden = _cases.Single(known => known.GetProperty("case").GetString() == name);
        var rows = golden.GetProperty("uses").EnumerateArray().ToList();
        var uses = rows.Select(Use).ToList();
        var result = RatingEngine.Rate(uses, Examples.Configuration);
        var total = ExactAmount.Zero;
        for (var i = 0; i < rows.Count; i++)
        {
            var charge = result.Charges.SingleOrDefault(found => found.Use == uses[i]);
            var problem = result.Problems.SingleOrDefault(found => found.Use == uses[i]);
            Assert.Equal(Text(rows[i], "problem"), problem?.Code);
            if (charge is null) continue;
            total += ExactAmount.OfMinor(charge.Gross, charge.Scale);
            if (Text(rows[i], "gross") is { } gross) Assert.Equal(gross, ExactAmount.OfMinor(charge.Gross, charge.Scale).ToString());
            if (Text(rows[i], "net") is { } net) Assert.Equal(net, ExactAmount.OfMinor(charge.Net, charge.Scale).ToString());
            if (Text(rows[i], "vat") is { } vat) Assert.Equal(vat, ExactAmount.OfMinor(charge.Vat, charge.Scale).ToString());
            if (Text(rows[i], "shares") is { } shares) Assert.Equal(shares, string.Join(" ", charge.Shares.Select(share => share.Net)));
            if (Text(rows[i], "rule") is { } rule) Assert.Contains(charge.Trace, step => step.Rule.ToString() == rule);
        }
        if (Text(golden, "total") is { } expected) Assert.Equal(expected, total.ToString());
        if (!golden.TryGetProperty("bill", out var bill)) return;
        var made = Bill.Of([.. result.Charges]);
        var sum = Assert.Single(made.Totals);
        Assert.Equal(Text(bill, "lineNet"), made.Lines.Sum(line => line.Net).ToString(CultureInfo.InvariantCulture));
        Assert.Equal(Text(bill, "net"), sum.Net.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(Text(bill, "vat"), sum.Vat.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(Text(bill, "roundingNet"), sum.RoundingNet.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(sum.Gross, made.Lines.Sum(line => line.Net + line.Vat) + sum.RoundingNet + sum.RoundingVat);
    }

    /// <summary>G8 and G9: what is owed of 650,000 rial of 3 Aban 1403, with the penalty.</summary>
    [Theory]
    [InlineData("iran-7-days-simple", "1403-08-10", 650_000)]
    [InlineData("iran-7-days-simple", "1403-08-11", 780_000)]
    [InlineData("iran-7-days-simple", "1403-09-10", 780_000)]
    [InlineData("iran-7-days-simple", "1403-09-11", 795_600)]
    [InlineData("iran-7-days-simple", "1403-10-11", 811_200)]
    [InlineData("iran-7-days-compound", "1403-10-11", 811_512)]
    [InlineData("iran-7-days-compound", "1599-01-01", 1_950_000)]
    [InlineData("iran-15-days-simple", "1403-08-18", 650_000)]
    [InlineData("iran-15-days-simple", "1403-08-19", 672_750)]
    [InlineData("iran-15-days-simple", "1403-09-19", 695_500)]
    [InlineData("iran-15-days-compound", "1403-09-19", 696_296)]
    public void Shipped_policies_give_the_golden_penalties(string policy, string day, long owed)
    {
        Assert.True(LocalDates.TryParse(day, DateSystem.Persian, out var today));
        var passage = new DateOnly(2024, 10, 24);
        var rule = Examples.Configuration.PenaltyPolicyAt(policy, passage.ToDateTime(TimeOnly.MinValue))!;
        Assert.Equal(owed, 650_000 + rule.Penalty(650_000, passage, DateOnly.FromDateTime(today)));
    }

    private static TollUse Use(JsonElement row, int number)
    {
        var point = Text(row, "point")!;
        var at = DateTime.ParseExact(Text(row, "at")!, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        ExactAmount? km = Text(row, "km") is { } text && ExactAmount.TryParse(text, out var found) ? found : null;
        return new TollUse($"use-{number}", Text(row, "vehicle") ?? "IR:12ب34567", Examples.At(point, at), point, Text(row, "class")!, Text(row, "entry"), km, Text(row, "means"), Text(row, "plan"), Text(row, "exemption"));
    }

    private static string? Text(JsonElement row, string name) => row.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static JsonElement[] Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "SmartCity.Tests", "Cloud.Tolling", "Rating", "golden.json")));
        return [.. document.RootElement.EnumerateArray().Select(golden => golden.Clone())];
    }
}
