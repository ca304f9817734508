using System.Globalization;
using System.Text;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Tolling.Receipts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>
/// The readable part of a receipt: what its fields say, in a language, with its calendar and digits. It follows from the fields alone and is checked by being made
/// again, so that nobody can change a figure that people read. Its words (<c>toll.receipt1.…</c>) are part of version 1 of receipts and stay as they are.
/// </summary>
internal static class ReceiptText
{
    /// <summary>A receipt that somebody signed for himself may have any year; calendars do not.</summary>
    private const int YearMin = 1900, YearMax = 2200;

    /// <summary>The readable part in every language.</summary>
    public static IEnumerable<string> All(TollReceipt receipt) => Language.All.Select(language => Of(receipt, language));

    /// <summary>A receipt as a file, with its readable part.</summary>
    public static string File(TollReceipt receipt, Language language) => Of(receipt, language) + receipt.Write();

    /// <summary>The readable part.</summary>
    public static string Of(TollReceipt receipt, Language language)
    {
        var text = new StringBuilder().Append(language.Words["toll.receipt1"]).Append("\n\n");
        foreach (var (label, value) in Lines(receipt, language)) text.Append(label).Append(": ").Append(value).Append('\n');
        return text.Append('\n').Append(language.Words["toll.receipt1.keep"]).Append("\n\n").ToString();
    }

    /// <summary>What a receipt says, line by line.</summary>
    public static IReadOnlyList<(string Label, string Value)> Lines(TollReceipt receipt, Language language)
    {
        var (words, lines) = (language.Words, new List<(string, string)>());
        var time = DateTimeOffset.TryParseExact(receipt["time"], "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var passed) && passed.Year is >= YearMin and <= YearMax ? passed : (DateTimeOffset?)null;
        // The time stands with its own distance from UTC: whoever checks needs to know no zone.
        var text = new LocalText(language, TimeZoneInfo.CreateCustomTimeZone("receipt", time?.Offset ?? TimeSpan.Zero, null, null));
        if (time is { } at) Add("time", text.DateAndTime(SmartCity.Model.UnixMicros.From(at)));
        else if (DateOnly.TryParseExact(receipt["date"], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) Add("date", text.Date(day));
        Add("point", receipt["point"]);
        Add("lane", receipt["lane"]);
        Add("class", receipt["class"]);
        Add("tariff", receipt["tariff"]);
        Add("payer", receipt["payer"]);
        Add("before", Money(receipt["before"]));
        Add("net", Money(receipt["net"]));
        Add("tax", Money(receipt["tax"]));
        Add("total", Money(receipt["total"]));
        Add("period", receipt["period"] is { } period ? text.Digits(period.Split(' ')[0]) : null);
        Add("batch", receipt["batch"] is { } batch && words.Keys.Contains($"toll.receipt1.batch.{batch}") ? words[$"toll.receipt1.batch.{batch}"] : receipt["batch"]);
        Add("charge", receipt["charge"]);
        return lines;

        void Add(string name, string? value)
        {
            if (value is not null) lines.Add((words[$"toll.receipt1.{name}"], value));
        }

        string? Money(string? amount) => amount is null ? null : MoneyText.Of(amount, language, text);
    }
}
