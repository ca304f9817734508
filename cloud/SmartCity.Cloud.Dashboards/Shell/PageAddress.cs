using Microsoft.AspNetCore.Builder;

namespace SmartCity.Cloud.Dashboards.Shell;

/// <summary>Says of a route that takes a form where the page can be opened by which it answers: a form's own address shows nothing.</summary>
/// <param name="Path">Path of the page.</param>
public sealed record PageAddress(string Path);

/// <summary>Words by which a route says it.</summary>
public static class PageAddresses
{
    /// <summary>Forms of these routes are answered by the page of <paramref name="path"/>.</summary>
    public static T AnsweredBy<T>(this T routes, string path) where T : IEndpointConventionBuilder => routes.WithMetadata(new PageAddress(path));
}
