using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>A file that asks an issuer to pay. What it says never changes, so that its bytes can be made again at any time.</summary>
/// <param name="Id">See <see cref="IdOf"/>; the key that a bank's entry carries.</param>
/// <param name="Issuer">Number of the issuer.</param>
/// <param name="Sequence">From 1 for each issuer, over all its claims.</param>
/// <param name="Dialect">How it is written.</param>
/// <param name="Kind">What it says.</param>
/// <param name="Agency">Our own number, four digits.</param>
/// <param name="Hub">Number of the hub, four digits.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="From">First business date asked for.</param>
/// <param name="To">Last business date asked for, included.</param>
/// <param name="Made">When, µs since 1970 UTC, whole seconds; later than the issuer's claim before.</param>
/// <param name="By">Who made it.</param>
/// <param name="Name">Name of the file.</param>
/// <param name="Rows">Lines.</param>
/// <param name="Total">What it claims, minor units: of corrections the changes.</param>
/// <param name="Hash">SHA-256 of the file, lower-case hexadecimal.</param>
/// <param name="Acknowledged">Code of the acknowledgement, <c>00</c> where the issuer took the file; null before it came.</param>
public sealed partial record Claim(
    string Id, ulong Issuer, int Sequence, ClaimDialect Dialect, ClaimKind Kind, string Agency, string Hub, string Currency, DateOnly From, DateOnly To, long Made, string By,
    string Name, long Rows, long Total, string Hash, string? Acknowledged)
{
    /// <summary>Type of the file: <c>STRAN</c>, <c>SCORR</c> or <c>ICTX</c>.</summary>
    [JsonIgnore] public string Type => Dialect == ClaimDialect.EZPass ? "ICTX" : Kind == ClaimKind.Claim ? "STRAN" : "SCORR";

    /// <summary>The issuer as four digits.</summary>
    [JsonIgnore] public string IssuerDigits => Issuer.ToString("D4", CultureInfo.InvariantCulture);

    /// <summary>Id of a claim: <c>C792-000001</c>.</summary>
    public static string IdOf(ulong issuer, int sequence) => string.Create(CultureInfo.InvariantCulture, $"C{issuer}-{sequence:D6}");

    /// <summary>Ids of claims that stand in a text as words of their own, with the hyphen or without; each once, in order.</summary>
    public static IReadOnlyList<string> IdsIn(string text) => [.. Ids().Matches(text.ToUpperInvariant()).Select(match => $"C{match.Groups[1].Value}-{match.Groups[2].Value}").Distinct(StringComparer.Ordinal)];

    [GeneratedRegex("(?<![A-Z0-9])C-?([1-9][0-9]{0,19})-?([0-9]{6})(?![A-Z0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Ids();
}

/// <summary>One line of a claim: a passage as it stood when it was claimed.</summary>
/// <param name="Transaction">The partner's key, 1–20 digits; the same in the claim and all corrections of a passage.</param>
/// <param name="Passage">Passage id.</param>
/// <param name="Adjustment">0 in the claim, one more in each correction.</param>
/// <param name="Resubmit">How often it was sent again after it was refused.</param>
/// <param name="Day">Business date.</param>
/// <param name="Amount">What is to be paid for the passage all told, minor units, at least 0.</param>
/// <param name="Change">What this line adds to what was claimed before; below 0 = takes off.</param>
/// <param name="Reason">Of a correction why: <c>C</c> another amount, <c>I</c> no longer the issuer's, <c>T</c> sent again; null in a claim.</param>
/// <param name="Facility">Corridor, 1–10 of A–Z and 0–9.</param>
/// <param name="FacilityName">Its name, at most 30 characters.</param>
/// <param name="Exit">Where and when the toll fell due.</param>
/// <param name="Entry">Where a trip began; null at an open toll point.</param>
/// <param name="Tag">Number of the tag, 1–10 digits.</param>
/// <param name="Class">Vehicle class: its place in the corridor's list, from 1.</param>
/// <param name="Axles">Axles counted; null where they were not.</param>
public sealed record ClaimLine(
    string Transaction, string Passage, int Adjustment, int Resubmit, DateOnly Day, long Amount, long Change, string? Reason, string Facility, string FacilityName, ClaimPlace Exit, ClaimPlace? Entry, string Tag, int Class, int? Axles)
{
    /// <summary>The partner's key of a passage: the number of its id's first 64 bits.</summary>
    public static string TransactionOf(string passage) => ulong.Parse(passage.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
}

/// <summary>A toll point and lane as a partner's file names them.</summary>
/// <param name="Time">µs since 1970 UTC.</param>
/// <param name="OffsetMinutes">Offset of the corridor's clock from UTC then.</param>
/// <param name="Plaza">1–15 of A–Z and 0–9.</param>
/// <param name="PlazaName">For people.</param>
/// <param name="Lane">1–3 of A–Z and 0–9: <c>L</c> and its place side by side, from 1.</param>
public sealed record ClaimPlace(long Time, int OffsetMinutes, string Plaza, string PlazaName, string Lane);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClaimLine))]
internal sealed partial class ClaimJson : JsonSerializerContext;
