using System.Globalization;
using Microsoft.Net.Http.Headers;
using SmartCity.Cloud.Dashboards.Problems;

namespace SmartCity.Cloud.Server.Api;

/// <summary>
/// Which version a change replaces (RFC 9110, 13.1): <c>If-Match</c> names it, <c>If-None-Match: *</c> says that there is to be none. Without either only
/// what is not there yet is entered: nobody overwrites by accident what another has changed.
/// </summary>
internal static class Preconditions
{
    /// <summary>The version that the change must find, 0 for none; or what is wrong.</summary>
    /// <param name="request">The request.</param>
    /// <param name="present">The version that is there; null where there is none.</param>
    public static (long Expected, ProblemAnswer? Wrong) Of(HttpRequest request, long? present)
    {
        var headers = request.GetTypedHeaders();
        if (request.Headers.IfMatch.Count > 0)
            return present is { } version && headers.IfMatch.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(TagOf(version), useStrongComparison: true)) ? (version, null) : (0, Problems.Of(ProblemKinds.Version));
        if (request.Headers.IfNoneMatch.Count > 0 && present is not null) return (0, Problems.Of(ProblemKinds.Version));
        return present is null ? (0, null) : (0, Problems.Of(ProblemKinds.VersionNeeded));
    }

    /// <summary>A version as a tag.</summary>
    public static EntityTagHeaderValue TagOf(long version) => new(string.Create(CultureInfo.InvariantCulture, $"\"{version}\""));
}
