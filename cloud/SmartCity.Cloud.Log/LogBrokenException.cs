namespace SmartCity.Cloud.Log;

/// <summary>The disk or the database failed. Nothing is acknowledged from here on; end the process.</summary>
public sealed class LogBrokenException : Exception
{
    /// <summary>Creates it without words.</summary>
    public LogBrokenException() { }
    /// <summary>Creates it with expected, actual and remedy.</summary>
    public LogBrokenException(string message) : base(message) { }
    /// <summary>Creates it around SQLite's own error.</summary>
    public LogBrokenException(string message, Exception inner) : base(message, inner) { }
}
