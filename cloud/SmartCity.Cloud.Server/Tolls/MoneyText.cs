using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Tolling.Configuration;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Amounts as people read them: rials with what they are in toman, as prices are quoted.</summary>
internal static class MoneyText
{
    private static readonly ExactAmount _tomanOfRial = ExactAmount.OfMinor(1, 1);

    /// <summary>An amount of minor units.</summary>
    public static string Of(long minor, int scale, string currency, Language language, LocalText text) => Of($"{ExactAmount.OfMinor(minor, scale).ToString()} {currency}", language, text);

    /// <summary>An amount as receipts write it: a decimal number, a space, the currency.</summary>
    public static string Of(string amount, Language language, LocalText text)
    {
        if (amount.Split(' ') is not [var number, var currency] || !ExactAmount.TryParse(number, out var value)) return amount;
        if (currency != "IRR") return $"{Grouped(value)} {currency}";
        return language.Words["toll.receipt1.rial", Grouped(value), Grouped(value * _tomanOfRial)];

        string Grouped(ExactAmount of)
        {
            var parts = of.ToString().Split('.');
            var whole = parts[0].TrimStart('-');
            for (var at = whole.Length - 3; at > 0; at -= 3) whole = whole.Insert(at, ",");
            var plain = (parts[0].StartsWith('-') ? "-" : "") + whole + (parts.Length > 1 ? "." + parts[1] : "");
            return text.HasPersianDigits ? text.Digits(plain.Replace(',', '٬').Replace('.', '٫')) : plain;
        }
    }
}
