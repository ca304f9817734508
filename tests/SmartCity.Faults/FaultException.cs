namespace SmartCity.Faults;

/// <summary>What must hold does not; the message says what was seen.</summary>
internal sealed class FaultException : Exception
{
    public FaultException() { }
    public FaultException(string message) : base(message) { }
    public FaultException(string message, Exception inner) : base(message, inner) { }
}
