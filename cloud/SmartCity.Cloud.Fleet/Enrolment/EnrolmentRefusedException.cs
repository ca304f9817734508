namespace SmartCity.Cloud.Fleet.Enrolment;

/// <summary>Secret or key is not good. It does not say which and why: a wrong, an ended and a used one are not told apart.</summary>
public sealed class EnrolmentRefusedException : Exception
{
    /// <summary>Creates it with the one message.</summary>
    public EnrolmentRefusedException() : base("The code does not hold: it is wrong, used, over, or nobody has vouched for the box yet.") { }
    /// <summary>Creates it with the one message.</summary>
    public EnrolmentRefusedException(bool isGuess) : this() => IsGuess = isGuess;
    /// <summary>Creates it with another message.</summary>
    public EnrolmentRefusedException(string message) : base(message) { }
    /// <summary>Creates it around the cause.</summary>
    public EnrolmentRefusedException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Whether the secret is none that was ever made: whoever sends it guesses or mistypes. Counted, and told to nobody.</summary>
    public bool IsGuess { get; }
}
