namespace SmartCity.Cloud.Log;

/// <summary>Another running process owns the log's folder.</summary>
public sealed class LogInUseException : Exception
{
    /// <summary>Creates it without words.</summary>
    public LogInUseException() { }
    /// <summary>Creates it with the folder and the remedy.</summary>
    public LogInUseException(string message) : base(message) { }
    /// <summary>Creates it around the cause.</summary>
    public LogInUseException(string message, Exception inner) : base(message, inner) { }
}
