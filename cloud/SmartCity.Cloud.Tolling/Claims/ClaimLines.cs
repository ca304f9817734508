using System.Globalization;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>Makes lines of claims from charges. Pure.</summary>
/// <param name="configuration">Names toll points, lanes and classes.</param>
/// <param name="request">What is claimed.</param>
internal sealed class ClaimLines(TollConfiguration configuration, ClaimRequest request)
{
    private const long NiopMax = 999_999_999;
    private readonly ILookup<string, string> _points = configuration.Corridors.SelectMany(corridor => corridor.Points).Select(point => point.Id).Distinct(StringComparer.Ordinal).ToLookup(CodeOf, StringComparer.Ordinal);

    /// <summary>The line of a charge that was never claimed.</summary>
    /// <param name="charge">The charge.</param>
    /// <param name="passage">Its passage; null where there is none any more.</param>
    /// <param name="entry">Where its trip began; null at an open toll point.</param>
    /// <param name="reason">Why there is none; else null.</param>
    public ClaimLine? Of(Charge charge, Passage? passage, Passage? entry, out string? reason)
    {
        reason = null;
        if (passage is null) reason = "its passage is gone";
        else if (passage.Tag is not { } tag || tag.Issuer != request.Issuer) reason = "its passage has no tag of the issuer";
        else if (tag.Tag.Length is < 1 or > 10 || !tag.Tag.All(char.IsAsciiDigit)) reason = $"the tag '{tag.Tag}' is not 1–10 digits";
        else if (Unfit(charge.Gross) is { } unfit) reason = unfit;
        else if (Place(passage, out reason) is { } exit && (entry is null || Place(entry, out reason) is not null) && ClassOf(passage, out reason) is { } number)
        {
            var id = configuration.CorridorOf(passage.TollPoint)!;
            var name = CorridorOf(id, passage.Time)?.Name ?? id;
            return new ClaimLine(ClaimLine.TransactionOf(charge.Passage), charge.Passage, 0, 0, charge.Day, charge.Gross, charge.Gross, null, Cut(CodeOf(id), 10), Cut(name, 30), exit, entry is null ? null : Place(entry, out _), tag.Tag, number, passage.Axles);
        }
        return null;
    }

    /// <summary>Why an amount does not fit into a file; null where it does.</summary>
    public string? Unfit(long amount)
    {
        var max = request.Dialect == ClaimDialect.EZPass ? Files.IctxWriter.AmountMax : NiopMax;
        return Math.Abs(amount) <= max ? null : string.Create(CultureInfo.InvariantCulture, $"the amount {amount} does not fit into the file; at most {max} does");
    }

    private ClaimPlace? Place(Passage passage, out string? reason)
    {
        reason = null;
        var plaza = CodeOf(passage.TollPoint);
        if (configuration.CorridorOf(passage.TollPoint) is not { } corridor || configuration.ZoneOf(corridor) is not { } zone) reason = $"the toll point '{passage.TollPoint}' stands in no configuration";
        else if (plaza.Length is < 1 or > 15 || _points[plaza].Count() != 1) reason = $"the toll point '{passage.TollPoint}' has no name of its own of 1–15 letters and digits";
        else if (configuration.PointOfLane(passage.Lane) is not { } layout || LaneOf(layout, passage.Lane) is not { } lane) reason = $"the lane '{passage.Lane}' stands in no configuration";
        else
        {
            var name = CorridorOf(corridor, passage.Time)?.Points.FirstOrDefault(point => point.Id == passage.TollPoint)?.Name;
            return new ClaimPlace(passage.Time, (int)zone.GetUtcOffset(UnixMicros.ToTime(passage.Time)).TotalMinutes, plaza, Cut(name is { Length: > 0 } ? name : passage.TollPoint, 30), lane);
        }
        return null;
    }

    private int? ClassOf(Passage passage, out string? reason)
    {
        reason = null;
        var classes = CorridorOf(configuration.CorridorOf(passage.TollPoint)!, passage.Time)?.Classes ?? [];
        for (var i = 0; i < classes.Count; i++)
            if (classes[i] == passage.ClassCharged) return i + 1;
        reason = $"the class '{passage.ClassCharged}' is none of the corridor's";
        return null;
    }

    private Corridor? CorridorOf(string id, long time) => configuration.LocalOf(id, time) is { } local ? configuration.CorridorAt(id, local) : null;

    private static string? LaneOf(TollPointLayout layout, string lane)
    {
        for (var i = 0; i < layout.Lanes.Count; i++)
            if (layout.Lanes[i].Id == lane) return string.Create(CultureInfo.InvariantCulture, $"L{i + 1}") is { Length: <= 3 } name ? name : null;
        return null;
    }

    /// <summary>What of an id is a capital letter or a digit.</summary>
    private static string CodeOf(string id) => new([.. id.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit)]);

    private static string Cut(string text, int max) => text.Length <= max ? text : char.IsHighSurrogate(text[max - 1]) ? text[..(max - 1)] : text[..max];
}
