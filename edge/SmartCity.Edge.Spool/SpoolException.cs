namespace SmartCity.Edge.Spool;

/// <summary>There is no room; nothing of the transaction was kept. Refuse what is new and try again when rows have been released.</summary>
public sealed class SpoolFullException : Exception
{
    /// <summary>Creates it without words.</summary>
    public SpoolFullException() { }
    /// <summary>Creates it with expected, actual and remedy.</summary>
    public SpoolFullException(string message) : base(message) { }
    /// <summary>Creates it around the engine's own error.</summary>
    public SpoolFullException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// The disk or the database failed. What of the transaction is on the disk is not known, so the process must end:
/// a new start reads what is really there. Never retried in the same process.
/// </summary>
public sealed class SpoolBrokenException : Exception
{
    /// <summary>Creates it without words.</summary>
    public SpoolBrokenException() { }
    /// <summary>Creates it with expected, actual and remedy.</summary>
    public SpoolBrokenException(string message) : base(message) { }
    /// <summary>Creates it around the engine's own error.</summary>
    public SpoolBrokenException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>Another process owns the spool's folder.</summary>
public sealed class SpoolInUseException : Exception
{
    /// <summary>Creates it without words.</summary>
    public SpoolInUseException() { }
    /// <summary>Creates it with expected, actual and remedy.</summary>
    public SpoolInUseException(string message) : base(message) { }
    /// <summary>Creates it around the system's own error.</summary>
    public SpoolInUseException(string message, Exception inner) : base(message, inner) { }
}
