using System.Text.Json.Serialization;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>What a file that came in came to.</summary>
/// <param name="Number">From 1 in the order of coming; 0 where it was only looked at.</param>
/// <param name="Hash">SHA-256 of its content, lower-case hexadecimal.</param>
/// <param name="Type"><c>SRECON</c>, <c>ICRX</c>, <c>ACK</c>, <c>camt.053</c> or <c>camt.054</c>.</param>
/// <param name="Name">Name that it was given with.</param>
/// <param name="At">When it was taken, µs since 1970 UTC.</param>
/// <param name="By">Who gave it.</param>
/// <param name="Rows">Answers or entries.</param>
/// <param name="Total">What they come to, minor units.</param>
/// <param name="Outcome">What became of them.</param>
/// <param name="IsKnown">Whether it had been taken before: then nothing was done now.</param>
public sealed record TakenFile(int Number, string Hash, string Type, string Name, long At, string By, long Rows, long Total, IReadOnlyList<FileOutcome> Outcome, [property: JsonIgnore] bool IsKnown = false);

/// <summary>What became of some rows of a file.</summary>
/// <param name="Name">What, e.g. <c>posted</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="Money">Minor units.</param>
public sealed record FileOutcome(string Name, long Count, long Money);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<FileOutcome>))]
internal sealed partial class FileJson : JsonSerializerContext;
