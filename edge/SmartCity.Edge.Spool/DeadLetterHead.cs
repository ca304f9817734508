namespace SmartCity.Edge.Spool;

/// <summary>A dead letter without its payload, for lists.</summary>
/// <param name="Id">Number, in order of arrival.</param>
/// <param name="Lane">Lane for which it was meant.</param>
/// <param name="Time">When it came, µs since 1970 UTC, gateway clock.</param>
/// <param name="Topic">Topic as received, UTF-8.</param>
/// <param name="QoS">0, 1 or 2.</param>
/// <param name="Reason">Code and place; several are parted by line feeds.</param>
/// <param name="Values">Values it stands for in the audit equation.</param>
/// <param name="PayloadBytes">Length of its payload.</param>
public sealed record DeadLetterHead(long Id, byte Lane, long Time, ReadOnlyMemory<byte> Topic, byte QoS, string Reason, int Values, int PayloadBytes);

/// <summary>What became of dead letters by an operator's hand, over the life of the spool.</summary>
/// <param name="DiscardedLetters">Letters dropped for good.</param>
/// <param name="DiscardedValues">Values for which they stood; they stay counted as dead-lettered.</param>
/// <param name="ResubmittedLetters">Letters that went through the intake again, whole or in part.</param>
/// <param name="ResubmittedValues">Values of theirs that are no longer dead-lettered.</param>
public readonly record struct DeadLetterTotals(long DiscardedLetters, long DiscardedValues, long ResubmittedLetters, long ResubmittedValues);
