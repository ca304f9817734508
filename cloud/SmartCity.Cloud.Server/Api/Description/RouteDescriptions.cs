using Microsoft.OpenApi;
using SmartCity.Cloud.Dashboards.Problems;

namespace SmartCity.Cloud.Server.Api.Description;

/// <summary>A query parameter; they are read by hand, so that all errors are answered together.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it means and what is possible.</param>
/// <param name="Example">A value that works.</param>
/// <param name="Type">Type of one value.</param>
/// <param name="IsMany">Whether it may be given more than once.</param>
internal sealed record QueryParameter(string Name, string Description, string Example, JsonSchemaType Type = JsonSchemaType.String, bool IsMany = false);

/// <summary>An example of what a path names, where the usual one would not do.</summary>
/// <param name="Name">Name of the parameter.</param>
/// <param name="Example">A value that fits its constraint.</param>
internal sealed record PathSample(string Name, string Example);

/// <summary>A body that the route reads by hand.</summary>
/// <param name="Contract">What it holds.</param>
internal sealed record BodyContract(Type Contract);

/// <summary>A body that is a file, read by hand.</summary>
/// <param name="MediaType">Media type.</param>
/// <param name="Example">How it begins.</param>
internal sealed record FileBody(string MediaType, string Example);

/// <summary>Another media type of the answer.</summary>
/// <param name="MediaType">Media type.</param>
/// <param name="Example">How it looks.</param>
/// <param name="IsFile">Whether it is kept as a file, byte for byte.</param>
internal sealed record OtherAnswer(string MediaType, string Example, bool IsFile = false);

/// <summary>Problems that a route may answer beside those that follow from what it takes and asks for.</summary>
/// <param name="Kinds">Their kinds.</param>
internal sealed record RouteProblems(IReadOnlyList<ProblemKind> Kinds);

/// <summary>Words by which a route describes itself in the API's document.</summary>
internal static class RouteDescriptions
{
    /// <summary>Takes a query parameter.</summary>
    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder route, string name, string description, string example, JsonSchemaType type = JsonSchemaType.String, bool isMany = false) =>
        route.WithMetadata(new QueryParameter(name, description, example, type, isMany));

    /// <summary>Shows what a parameter of its path looks like.</summary>
    public static RouteHandlerBuilder PathExample(this RouteHandlerBuilder route, string name, string example) => route.WithMetadata(new PathSample(name, example));

    /// <summary>Comes in pages.</summary>
    public static RouteHandlerBuilder InPages(this RouteHandlerBuilder route, string cursor, int limitMax, int limitUsual) => route
        .Takes("limit", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Rows of a page, 1 to {limitMax:N0}; {limitUsual:N0} where left out."), limitUsual.ToString(System.Globalization.CultureInfo.InvariantCulture), JsonSchemaType.Integer)
        .Takes(Paging.Parameter, "Where the page begins; from next of the page before.", cursor);

    /// <summary>Reads a body by hand.</summary>
    public static RouteHandlerBuilder TakesBody<T>(this RouteHandlerBuilder route) => route.WithMetadata(new BodyContract(typeof(T)));

    /// <summary>Takes a file.</summary>
    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder route, string mediaType, string example) => route.WithMetadata(new FileBody(mediaType, example));

    /// <summary>Answers JSON.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status = StatusCodes.Status200OK) => route.Produces<T>(status, Answer.Json);

    /// <summary>Answers nothing where it is done.</summary>
    public static RouteHandlerBuilder AnswersNothing(this RouteHandlerBuilder route) => route.Produces(StatusCodes.Status204NoContent);

    /// <summary>Answers another media type where Accept asks for it, or always where there is no JSON.</summary>
    public static RouteHandlerBuilder AlsoAnswers(this RouteHandlerBuilder route, string mediaType, string example) => route.WithMetadata(new OtherAnswer(mediaType, example));

    /// <summary>Answers a file.</summary>
    public static RouteHandlerBuilder AnswersFile(this RouteHandlerBuilder route, string mediaType, string example) => route.WithMetadata(new OtherAnswer(mediaType, example, IsFile: true));

    /// <summary>May answer these problems too.</summary>
    public static RouteHandlerBuilder MayFail(this RouteHandlerBuilder route, params ProblemKind[] kinds) => route.WithMetadata(new RouteProblems(kinds));
}
