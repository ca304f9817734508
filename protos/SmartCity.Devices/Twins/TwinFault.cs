namespace SmartCity.Devices.Twins;

/// <summary>Something that is wrong in a document.</summary>
/// <param name="Pointer">Where, a JSON pointer (RFC 6901); empty = the whole document.</param>
/// <param name="Text">What is wrong and what is needed.</param>
public readonly record struct TwinFault(string Pointer, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(Pointer.Length == 0 ? "(document)" : Pointer)}: {Text}";
}
