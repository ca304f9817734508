namespace SmartCity.Cloud.Server.Operations;

/// <summary>A setting cannot be used; the message says which and what to do.</summary>
public sealed class ServerSettingsException : Exception
{
    /// <summary>Creates it without words.</summary>
    public ServerSettingsException() { }
    /// <summary>Creates it with expected, actual and remedy.</summary>
    public ServerSettingsException(string message) : base(message) { }
    /// <summary>Creates it around the cause.</summary>
    public ServerSettingsException(string message, Exception inner) : base(message, inner) { }
}
