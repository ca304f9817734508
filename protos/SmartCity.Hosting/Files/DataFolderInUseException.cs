namespace SmartCity.Hosting.Files;

/// <summary>Another process holds the data folder; the message names both and what to do.</summary>
public sealed class DataFolderInUseException : Exception
{
    /// <summary>Creates it without words.</summary>
    public DataFolderInUseException() { }
    /// <summary>Creates it with a message.</summary>
    public DataFolderInUseException(string message) : base(message) { }
    /// <summary>Creates it around the cause.</summary>
    public DataFolderInUseException(string message, Exception inner) : base(message, inner) { }
}
