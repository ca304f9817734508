namespace SmartCity.Hosting.Configuration;

/// <summary>The settings cannot be used; <see cref="Errors"/> holds every reason, the message one line for each.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>Creates it without errors.</summary>
    public SettingsException() { }
    /// <summary>Creates it with one message.</summary>
    public SettingsException(string message) : base(message) { }
    /// <summary>Creates it around a cause.</summary>
    public SettingsException(string message, Exception inner) : base(message, inner) { }
    /// <summary>Creates it from all errors that were found.</summary>
    public SettingsException(IReadOnlyList<SettingsError> errors) : base(string.Join('\n', errors)) => Errors = errors;

    /// <summary>All errors, in the order of their places.</summary>
    public IReadOnlyList<SettingsError> Errors { get; } = [];
}
