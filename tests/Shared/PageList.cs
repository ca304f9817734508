namespace SmartCity.Tests;

/// <summary>Every page of the server with an address to open it at. The browser walks them all; a unit test holds the list to the routes, so that no page can be left out.</summary>
internal static class PageList
{
    /// <summary>Stands for a passage, whose id nobody knows before it passed.</summary>
    public const string PassageId = "00000000000000000000000000000000";

    /// <summary>By route.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["/"] = "/",
        ["/audit"] = "/audit",
        ["/faults"] = "/faults",
        ["/dead-letters"] = "/dead-letters",
        ["/dead-letters/{id:long}"] = "/dead-letters/1",
        ["/alarms"] = "/alarms",
        ["/alarms/{id:long}"] = "/alarms/1",
        ["/alarms/history"] = "/alarms/history",
        ["/alarms/rules"] = "/alarms/rules",
        ["/alarms/rules/edit"] = "/alarms/rules/edit?id=pm25-high",
        ["/alarms/statistics"] = "/alarms/statistics",
        ["/alarms/report"] = "/alarms/report",
        ["/tolls"] = "/tolls",
        ["/tolls/charges"] = "/tolls/charges",
        ["/tolls/passages/{id:regex(^[0-9a-f]{{32}}$)}"] = $"/tolls/passages/{PassageId}",
        ["/tolls/items"] = "/tolls/items",
        ["/tolls/periods"] = "/tolls/periods",
        ["/tolls/claims"] = "/tolls/claims",
        ["/tolls/files"] = "/tolls/files",
        ["/tolls/disputes"] = "/tolls/disputes",
        ["/tolls/disputes/{number:int}"] = "/tolls/disputes/1",
        ["/tolls/statement"] = "/tolls/statement",
        ["/tolls/retention"] = "/tolls/retention",
        ["/receipt"] = "/receipt",
        ["/sign-in"] = "/sign-in",
        ["/account"] = "/account",
        ["/gateways"] = "/gateways",
        ["/gateways/{id}"] = "/gateways/g1",
        ["/people"] = "/people",
        ["/change-log"] = "/change-log",
        ["/problems"] = "/problems",
        ["/problems/{code}"] = "/problems/parameters",
    };
}
