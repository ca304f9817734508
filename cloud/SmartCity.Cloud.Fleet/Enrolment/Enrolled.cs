using SmartCity.Cloud.Fleet.Authority;

namespace SmartCity.Cloud.Fleet.Enrolment;

/// <summary>A gateway that has been given a certificate.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Certificate">The certificate.</param>
/// <param name="IsNew">Whether it was issued now; else it is the one of before.</param>
public sealed record Enrolled(string Gateway, IssuedCertificate Certificate, bool IsNew);

/// <summary>What is about to be done, for the audit log.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="How"><c>code</c>, <c>claim</c>, <c>key</c> or <c>renewal</c>.</param>
/// <param name="By">Who made the code or vouched for the box; null where the key alone counts.</param>
/// <param name="Key">SHA-256 of its public key, hexadecimal.</param>
public sealed record EnrolmentAct(string Gateway, string How, string? By, string Key);

/// <summary>The two secrets by which a gateway enrols.</summary>
public enum SecretKind
{
    /// <summary>Made by an administrator for one gateway, for a quarter of an hour.</summary>
    Code,
    /// <summary>On the box, without an end; good for a day after an installer has vouched for the box.</summary>
    Claim,
}

/// <summary>What became of vouching for a box.</summary>
public enum VouchOutcome
{
    /// <summary>The box may enrol now.</summary>
    Done,
    /// <summary>The secret is not this gateway's.</summary>
    Unknown,
    /// <summary>The box has enrolled with it already.</summary>
    Used,
    /// <summary>Somebody else vouched for it.</summary>
    ByAnother,
}
