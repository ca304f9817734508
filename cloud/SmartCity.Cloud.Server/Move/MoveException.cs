namespace SmartCity.Cloud.Server.Move;

/// <summary>Readings cannot be moved. The message says what is in the way and what to do.</summary>
internal sealed class MoveException : Exception
{
    public MoveException() { }
    public MoveException(string message) : base(message) { }
    public MoveException(string message, Exception inner) : base(message, inner) { }
}
