namespace SmartCity.Devices.Mappings;

/// <summary>What is wrong with a file of a mapping or of its vectors.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Text">What is wrong and what to do, a sentence.</param>
public readonly record struct MappingError(int Line, string Text);
