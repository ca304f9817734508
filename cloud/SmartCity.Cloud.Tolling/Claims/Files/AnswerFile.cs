namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>An issuer's answer to a claim, as its file says it.</summary>
/// <param name="Type"><c>SRECON</c>, <c>ICRX</c> or <c>ACK</c>.</param>
/// <param name="Agency">Ours, four digits, as the file has it.</param>
/// <param name="Issuer">The issuer's number, as the file has it.</param>
/// <param name="Number">Number of the file: of an ICRX that of the claim it answers.</param>
/// <param name="Lines">Answers; empty in an acknowledgement.</param>
/// <param name="Acknowledgement">Of an acknowledgement what it says; else null.</param>
internal sealed record AnswerFile(string Type, string Agency, ulong Issuer, long Number, IReadOnlyList<AnswerLine> Lines, AnswerAcknowledgement? Acknowledgement);

/// <summary>What became of one line of a claim.</summary>
/// <param name="Transaction">As in <see cref="ClaimLine.Transaction"/>.</param>
/// <param name="Adjustment">As there; null where the dialect does not say: then the number of the file does.</param>
/// <param name="Resubmit">As there.</param>
/// <param name="Disposition">What became of it.</param>
/// <param name="Code">The partner's own code for it.</param>
/// <param name="Posted">What was posted, minor units; of a correction the change.</param>
/// <param name="Fee">What the issuer keeps for it, minor units, at least 0.</param>
/// <param name="PostedAt">When, µs since 1970 UTC; null where the file does not say.</param>
/// <param name="Reference">The issuer's own key; null where it gives none.</param>
/// <param name="Place">Where it stands in the file.</param>
internal sealed record AnswerLine(string Transaction, int? Adjustment, int? Resubmit, Disposition Disposition, string Code, long Posted, long Fee, long? PostedAt, string? Reference, string Place);

/// <summary>What an acknowledgement says.</summary>
/// <param name="Type">Type of the claim's file.</param>
/// <param name="Made">When the claim was made, µs since 1970 UTC.</param>
/// <param name="Code">Two digits; 00 = taken.</param>
internal sealed record AnswerAcknowledgement(string Type, long Made, string Code);
