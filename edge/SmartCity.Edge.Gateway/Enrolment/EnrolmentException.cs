namespace SmartCity.Edge.Gateway.Enrolment;

/// <summary>The gateway could not be enrolled or its certificate not renewed; the message says why and what to do.</summary>
internal sealed class EnrolmentException(string message, EnrolmentFault fault, Exception? inner = null) : Exception(message, inner)
{
    public EnrolmentFault Fault => fault;
}

/// <summary>Why an enrolment or a renewal failed.</summary>
internal enum EnrolmentFault
{
    /// <summary>What was typed is no code.</summary>
    Typed,
    /// <summary>The city could not be reached, or did not answer as one.</summary>
    Unreachable,
    /// <summary>The server is not that of the city of the code.</summary>
    Stranger,
    /// <summary>The code, or the key, is not good.</summary>
    Refused,
    /// <summary>What was sent breaks a rule.</summary>
    Rule,
    /// <summary>Too many wrong codes came from this address.</summary>
    Throttled,
}
