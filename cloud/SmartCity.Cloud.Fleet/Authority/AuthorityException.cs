namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>The city's authority cannot be opened or changed; the message says why and what to do.</summary>
public sealed class AuthorityException : Exception
{
    /// <summary>Creates it without words.</summary>
    public AuthorityException() { }
    /// <summary>Creates it with what is wrong and the remedy.</summary>
    public AuthorityException(string message) : base(message) { }
    /// <summary>Creates it around the cause.</summary>
    public AuthorityException(string message, Exception inner) : base(message, inner) { }
}
