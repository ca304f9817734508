using System.Security.Claims;

namespace SmartCity.Cloud.Dashboards.Shell;

/// <summary>A page that the navigation and the palette lead to.</summary>
/// <param name="Word">Key of its name.</param>
/// <param name="Path">Its path.</param>
/// <param name="Shortcut">Letter that opens it after <c>g</c>.</param>
/// <param name="Roles">Who sees it; empty = everybody.</param>
public sealed record NavigationEntry(string Word, string Path, char Shortcut, params string[] Roles)
{
    /// <summary>Whether somebody is shown it. What one may do is decided where it is done; this only keeps dead ends out of sight.</summary>
    public bool IsFor(ClaimsPrincipal user) => Roles.Length == 0 || Roles.Any(user.IsInRole);
}

/// <summary>All pages, in the order in which they are shown: the one place to add one.</summary>
public static class Navigation
{
    /// <summary>The entries.</summary>
    public static IReadOnlyList<NavigationEntry> All { get; } =
    [
        new("nav.city", "/", 'c'),
        new("nav.alarms", "/alarms", 'a', Model.Contracts.Roles.Operator, Model.Contracts.Roles.Administrator),
        new("nav.audit", "/audit", 'b'),
        new("nav.tolls", "/tolls", 't', Model.Contracts.Roles.TollAuditor, Model.Contracts.Roles.TollManager),
        new("nav.gateways", "/gateways", 'w', Model.Contracts.Roles.Installer, Model.Contracts.Roles.Administrator),
        new("nav.faults", "/faults", 'f', Model.Contracts.Roles.Operator, Model.Contracts.Roles.Administrator),
        new("nav.letters", "/dead-letters", 'd', Model.Contracts.Roles.Operator, Model.Contracts.Roles.Administrator),
        new("nav.access", "/people", 'p', Model.Contracts.Roles.Administrator),
        new("nav.auditlog", "/change-log", 'l', Model.Contracts.Roles.Administrator),
        new("nav.reference", "/reference", 'r'),
    ];

    /// <summary>Those that somebody is shown.</summary>
    public static IEnumerable<NavigationEntry> For(ClaimsPrincipal user) => All.Where(entry => entry.IsFor(user));
}
