namespace SmartCity.Devices.Mappings;

/// <summary>One rule of a mapping: which values it is of, and what becomes of them.</summary>
/// <param name="Path">Which values it is of.</param>
/// <param name="When">What must stand where, for the rule to hold.</param>
/// <param name="IsSkip">Whether these values, and all below them, are left out.</param>
/// <param name="ValueAt">Where below the path the value stands; null = at the path.</param>
/// <param name="Metric">The metric's name; null = the way to the value.</param>
/// <param name="Value">What becomes of the value.</param>
internal sealed record MappingRule(NodePath Path, IReadOnlyList<MappingCondition> When, bool IsSkip, Pointer? ValueAt, Template? Metric, MappingValue Value);

/// <summary>A condition of a rule.</summary>
/// <param name="At">Where to look.</param>
/// <param name="Text">What must stand there: a text, digits, <c>true</c> or <c>false</c>; null = nothing may.</param>
internal readonly record struct MappingCondition(Pointer At, string? Text);
