namespace SmartCity.Cloud.Fleet.Enrolment;

/// <summary>What is wrong with a signing request.</summary>
public enum SigningRequestFault
{
    /// <summary>It is no PKCS #10 in PEM.</summary>
    Malformed,
    /// <summary>It is too large.</summary>
    TooLarge,
    /// <summary>It is not signed by its own key.</summary>
    Signature,
    /// <summary>It is signed by an algorithm that does not hold, e.g. SHA-1.</summary>
    Algorithm,
    /// <summary>Its key is too weak, or of a kind that is not taken.</summary>
    Key,
    /// <summary>It asks to be an authority.</summary>
    AuthorityAsked,
    /// <summary>It asks for another use than client authentication.</summary>
    Use,
    /// <summary>It asks for other names than its own identity.</summary>
    Names,
    /// <summary>Its subject is not the gateway's id.</summary>
    Subject,
    /// <summary>Its key is that of another gateway.</summary>
    KeyUsed,
    /// <summary>Its key was revoked or replaced.</summary>
    KeyEnded,
    /// <summary>A renewal asks for another key.</summary>
    KeyDiffers,
}

/// <summary>A signing request that breaks a rule.</summary>
public sealed class SigningRequestException : Exception
{
    /// <summary>Creates it without words.</summary>
    public SigningRequestException() { }
    /// <summary>Creates it with what is wrong.</summary>
    public SigningRequestException(string message) : base(message) { }
    /// <summary>Creates it around the cause.</summary>
    public SigningRequestException(string message, Exception inner) : base(message, inner) { }
    /// <summary>Creates it with the rule and what is wrong.</summary>
    public SigningRequestException(SigningRequestFault fault, string message, Exception? inner = null) : base(message, inner) => Fault = fault;

    /// <summary>The rule.</summary>
    public SigningRequestFault Fault { get; }
}
