using System.Globalization;

namespace SmartCity.Cloud.Server.Api;

/// <summary>What is answered where a request cannot be: RFC 9457 problem details that say what is wrong, where, and what to do.</summary>
internal static class Problems
{
    /// <summary>
    /// Parameters that cannot be used: a sentence each in <c>errors</c>, where they stand in <c>pointers</c>, and in <c>maxima</c> how much is possible of what is too much.
    /// 422 where all that is wrong is too much of something, else 400.
    /// </summary>
    public static IResult Parameters(IReadOnlyDictionary<string, string> errors, IReadOnlyDictionary<string, long> maxima) => Results.Problem(
        string.Join(' ', errors.OrderBy(error => error.Key, StringComparer.Ordinal).Select(error => $"{error.Key}: {error.Value}")),
        title: errors.Count == 1 ? "A parameter cannot be used." : string.Create(CultureInfo.InvariantCulture, $"{errors.Count} parameters cannot be used."),
        statusCode: maxima.Count == errors.Count ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status400BadRequest,
        type: "urn:smartcity:problem:parameters",
        extensions: new Dictionary<string, object?> { ["errors"] = errors, ["pointers"] = errors.Keys.Select(name => $"/query/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}"), ["maxima"] = maxima });

    /// <summary>There is no such thing.</summary>
    public static IResult Missing(string detail) => Results.Problem(detail, title: "Not found.", statusCode: StatusCodes.Status404NotFound, type: "urn:smartcity:problem:missing");

    /// <summary>The store does not answer for now.</summary>
    public static IResult Unavailable(string detail) => Results.Problem(detail, title: "Not available for now.", statusCode: StatusCodes.Status503ServiceUnavailable, type: "urn:smartcity:problem:unavailable");

    /// <summary>None of the media types that the caller accepts can be had.</summary>
    public static IResult NotAcceptable(IEnumerable<string> possible) => Results.Problem(
        $"Accept names none of the media types that this route answers: {string.Join(", ", possible)}.",
        title: "Not acceptable.", statusCode: StatusCodes.Status406NotAcceptable, type: "urn:smartcity:problem:not-acceptable");
}
