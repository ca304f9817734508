using System.Text.Json;
using SmartCity.Cloud.Dashboards.Problems;

namespace SmartCity.Cloud.Server.Api;

/// <summary>What is answered where a request cannot be: RFC 9457 problem details that say what is wrong, where, and what to do, in the caller's language.</summary>
internal static class Problems
{
    /// <summary>A problem of a kind; without <paramref name="detail"/> its general one.</summary>
    public static ProblemAnswer Of(ProblemKind kind, Sentence? detail = null) => new(kind) { Detail = detail };

    /// <summary>
    /// Parameters that cannot be used: a sentence each in <c>errors</c>, where they stand in <c>pointers</c>, and in <c>maxima</c> how much is possible of what is too much.
    /// 422 where all that is wrong is too much of something, else 400.
    /// </summary>
    public static ProblemAnswer Parameters(IReadOnlyDictionary<string, Sentence> errors, IReadOnlyDictionary<string, long> maxima) =>
        new(maxima.Count == errors.Count ? ProblemKinds.TooMuch : ProblemKinds.Parameters) { Errors = errors, PointerRoot = "/query/", Maxima = maxima };

    /// <summary>There is no such thing.</summary>
    public static ProblemAnswer Missing(Sentence detail) => Of(ProblemKinds.Missing, detail);

    /// <summary>None of the media types that the caller accepts can be had.</summary>
    public static ProblemAnswer NotAcceptable(IEnumerable<string> possible) => Of(ProblemKinds.NotAcceptable, new Sentence("say.accepted", string.Join(", ", possible)));

    /// <summary>JSON that is none, or none of what is needed. The reader's own words name types of this program; they are not passed on.</summary>
    public static ProblemAnswer Body(JsonException error)
    {
        // Broken JSON is found by the reader below the serialiser; its line says more than the place in what was read so far.
        if (error.InnerException is JsonException) return Of(ProblemKinds.Body, new Sentence("say.body.json", (error.LineNumber ?? 0) + 1));
        var sentence = new Sentence(error.Message.Contains("could not be mapped", StringComparison.Ordinal) ? "say.body.field" : "say.body.type");
        return new ProblemAnswer(ProblemKinds.Body) { Errors = new Dictionary<string, Sentence> { [PointerOf(error.Path ?? "$")] = sentence }, PointerRoot = "" };
    }

    /// <summary>What is answered to a request that the framework has refused.</summary>
    public static ProblemAnswer Of(BadHttpRequestException error) =>
        error.InnerException is JsonException json ? Body(json)
        : error.StatusCode != StatusCodes.Status400BadRequest ? Of(ProblemKinds.OfStatus(error.StatusCode))
        : error.Message.Contains("body", StringComparison.Ordinal) ? Of(ProblemKinds.Body, new Sentence("say.body.empty"))
        : Of(ProblemKinds.Parameters, new Sentence("say.parameter.binding"));

    /// <summary>$.metrics[0].min as /metrics/0/min, RFC 6901.</summary>
    private static string PointerOf(string path) =>
        path.Length <= 1 ? "" : path[1..].Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal).Replace("['", "/", StringComparison.Ordinal).Replace("']", "", StringComparison.Ordinal)
            .Replace('.', '/').Replace('[', '/').Replace("]", "", StringComparison.Ordinal);
}
