namespace SmartCity.Edge.Spool;

/// <summary>Kinds of the spool's records; one never passes for another. The numbers are in every file.</summary>
internal static class SealKind
{
    public const int Meta = 1, Epoch = 2, Position = 3, Row = 4, Name = 5, Gap = 6, DeadLetter = 7, Mark = 8, Counter = 9;
}
