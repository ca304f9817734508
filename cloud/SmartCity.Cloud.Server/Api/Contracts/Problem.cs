namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>What is answered where a request cannot be, RFC 9457; in the language of Accept-Language, English or Persian.</summary>
/// <param name="Type">Kind of the problem, by which a program decides: the path of the page that explains it.</param>
/// <param name="Title">The kind in a few words.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What is wrong this time.</param>
/// <param name="TraceId">By which whoever runs the server finds the request in the log.</param>
/// <param name="Errors">What is wrong with each parameter, or with each place of the body.</param>
/// <param name="Pointers">JSON pointers of those.</param>
/// <param name="Maxima">How much is possible of what was too much.</param>
/// <param name="Faults">What is wrong with the lines of a file, in English.</param>
internal sealed record Problem(
    string Type, string Title, int Status, string Detail, string TraceId, IReadOnlyDictionary<string, string>? Errors = null, IReadOnlyList<string>? Pointers = null,
    IReadOnlyDictionary<string, long>? Maxima = null, IReadOnlyList<string>? Faults = null);
