namespace SmartCity.Cloud.Pipelines.Alarms.Conditions;

/// <summary>A condition cannot be read; the message says where, what is wrong, and what is possible there.</summary>
public sealed class ConditionException : Exception
{
    /// <summary>Creates it without words.</summary>
    public ConditionException() { }
    /// <summary>Creates it with words.</summary>
    public ConditionException(string message) : base(message) { }
    /// <summary>Creates it around another error.</summary>
    public ConditionException(string message, Exception inner) : base(message, inner) { }
    /// <summary>Creates it at a place.</summary>
    /// <param name="message">What is wrong and what is needed.</param>
    /// <param name="position">Character of the text, from 1.</param>
    public ConditionException(string message, int position) : base($"character {position}: {message}") => Position = position;
    /// <summary>Character of the text, from 1; 0 = the whole.</summary>
    public int Position { get; }
}
