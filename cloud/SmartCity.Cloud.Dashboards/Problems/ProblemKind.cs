using SmartCity.Cloud.Dashboards.Languages;

namespace SmartCity.Cloud.Dashboards.Problems;

/// <summary>A kind of problem that the server answers, RFC 9457: its type is stable, so that programs may decide by it.</summary>
/// <param name="Code">Its name, e.g. <c>parameters</c>; never reused for another kind.</param>
/// <param name="Status">HTTP status, 400–599.</param>
public sealed record ProblemKind(string Code, int Status)
{
    /// <summary>Its type: the path of the page that explains it, relative to the server that answers.</summary>
    public string Type => $"/problems/{Code}";

    /// <summary>What is wrong, in a few words that are the same each time.</summary>
    public string Title(Language language) => Words.OfProblems(language)[$"{Code}.title"];

    /// <summary>What has happened, in general.</summary>
    public string Detail(Language language) => Words.OfProblems(language)[$"{Code}.detail"];

    /// <summary>What to do about it.</summary>
    public string Help(Language language) => Words.OfProblems(language)[$"{Code}.help"];
}
