using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>What the pages of gateways say in short.</summary>
internal static class GatewayTexts
{
    private const long DayMicros = 86_400_000_000;

    /// <summary>End of a certificate with the days that are left.</summary>
    public static string Ends(PageContext page, long? ends) => ends is not { } at ? "" : at <= page.Now
        ? page.Words["fleet.ended", page.Text.Date(at)]
        : page.Words["fleet.days", page.Text.Date(at), page.Text.Whole((at - page.Now) / DayMicros)];

    /// <summary>What waits for the gateway.</summary>
    public static string Open(PageContext page, GatewayRow row)
    {
        var parts = new List<string>();
        if (row.CodeExpires is { } until) parts.Add(page.Words["fleet.open.code", page.Text.DateAndTime(until)]);
        if (row.HasClaim) parts.Add(row.Voucher is { } who ? page.Words["fleet.open.vouched", who] : page.Words["fleet.open.claim"]);
        return string.Join(page.Words.Separator, parts);
    }
}
