namespace SmartCity.Cloud.Log;

/// <summary>Kinds of the log's records; one never passes for another. The numbers are in every file.</summary>
internal static class SealKind
{
    public const int Gateway = 1, Row = 2, Position = 3, Name = 4, Series = 5, Gap = 6, DeadLetter = 7, Counter = 8, Sender = 9, Consumer = 10, State = 11, Meta = 12, Hour = 13;
}
