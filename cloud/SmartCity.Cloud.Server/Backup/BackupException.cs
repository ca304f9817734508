namespace SmartCity.Cloud.Server.Backup;

/// <summary>A backup cannot be taken or cannot be used. The message says what is wrong, where, and what to do.</summary>
internal sealed class BackupException : Exception
{
    public BackupException() { }
    public BackupException(string message) : base(message) { }
    public BackupException(string message, Exception inner) : base(message, inner) { }
}
