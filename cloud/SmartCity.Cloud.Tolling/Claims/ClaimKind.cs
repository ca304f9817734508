namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>How a partner's files are written.</summary>
public enum ClaimDialect : byte
{
    /// <summary>XML in the manner of NIOP: STRAN and SCORR out, SRECON and ACK in.</summary>
    Niop = 1,
    /// <summary>Lines of fixed width in the manner of E-ZPass: ICTX out, ICRX in.</summary>
    EZPass = 2,
}

/// <summary>What a claim says.</summary>
public enum ClaimKind : byte
{
    /// <summary>Charges that were never claimed.</summary>
    Claim = 1,
    /// <summary>Charges that were claimed and are another amount by now, or are sent again.</summary>
    Correction = 2,
}

/// <summary>What became of a line of a claim.</summary>
public enum Disposition : byte
{
    /// <summary>P: posted, wholly or in part.</summary>
    Posted = 1,
    /// <summary>D: the issuer has it already.</summary>
    Duplicate = 2,
    /// <summary>I: no valid tag or plate of the issuer's.</summary>
    Invalid = 3,
    /// <summary>N: not posted.</summary>
    NotPosted = 4,
    /// <summary>S: a fault of the issuer's system; it may be sent again.</summary>
    System = 5,
    /// <summary>T: a fault in content or format; it may be sent again.</summary>
    Content = 6,
    /// <summary>C: the account is not on file.</summary>
    NotOnFile = 7,
    /// <summary>O: too old.</summary>
    TooOld = 8,
}

/// <summary>The letters of dispositions.</summary>
public static class Dispositions
{
    private const string Letters = "PDINSTCO";

    /// <summary>The letter of one.</summary>
    public static char LetterOf(Disposition disposition) => Letters[(int)disposition - 1];

    /// <summary>The disposition of a letter; null where it is none.</summary>
    public static Disposition? Of(string letter) => letter is [var one] && Letters.IndexOf(one, StringComparison.Ordinal) is >= 0 and var at ? (Disposition)(at + 1) : null;

    /// <summary>Whether what was refused for this may be sent again as it is.</summary>
    public static bool MaySendAgain(Disposition disposition) => disposition is Disposition.System or Disposition.Content;
}
