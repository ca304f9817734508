using System.Text;

namespace SmartCity.Cloud.Identity;

/// <summary>What may be a name and a password: length counts, and kinds of characters do not (OWASP ASVS 5, section 6.2).</summary>
public static class PasswordRules
{
    /// <summary>Fewest characters of a password.</summary>
    public const int LengthMin = 12;
    /// <summary>Most characters of a password.</summary>
    public const int LengthMax = 256;
    private const int DistinctMin = 5;
    /// <summary>The rows of keys, each key below the one that it is reached from.</summary>
    private static readonly string[] _keys = ["1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"];
    private static readonly string[] _guessed = ["smartcity", "password", "qwerty", "letmein", "iloveyou", "administrator"];

    /// <summary>Refuses a password that is guessed first.</summary>
    /// <exception cref="AccessException">Why.</exception>
    public static void Check(string name, string password)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(password);
        if (password.Length < LengthMin) throw new AccessException($"A password has at least {LengthMin} characters; four words in a row are a good one.", AccessFault.PasswordShort, LengthMin);
        if (password.Length > LengthMax) throw new AccessException($"A password has at most {LengthMax} characters.", AccessFault.PasswordLong, LengthMax);
        var rest = password;
        foreach (var known in _guessed.Append(name)) rest = rest.Replace(known, "", StringComparison.OrdinalIgnoreCase);
        // Digits in a row, one character over and over, a known word with a little beside it, or one that very many have.
        if (rest.Length < LengthMin - 4 || rest.Distinct().Count() < DistinctMin || IsSequence(rest) || MostUsedPasswords.Has(password)) throw new AccessException("That password would be guessed early. Choose one that is not made of the name, a common word or a row of keys.", AccessFault.PasswordGuessable);
    }

    /// <summary>Refuses a name that cannot be an account's.</summary>
    /// <exception cref="AccessException">Why.</exception>
    public static void CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > 64 || !name.EnumerateRunes().All(CanBeInName))
            throw new AccessException($"\"{name}\" cannot be the name of an account; 1 to 64 letters, digits and . _ - @ can.", AccessFault.NameWrong, name);
    }

    internal static bool CanBeInName(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value is '.' or '_' or '-' or '@';

    /// <summary>Whether most characters follow from the one before: the next or the same of the alphabet, or a key beside it.</summary>
    private static bool IsSequence(string text)
    {
        // A few breaks are allowed: from 9 to 0, from one row to the next, or a mark in between.
        var steps = 0;
        for (var i = 1; i < text.Length; i++)
            if (Math.Abs(text[i] - text[i - 1]) <= 1 || AreNeighbours(text[i - 1], text[i])) steps++;
        return steps * 3 >= (text.Length - 1) * 2;
    }

    /// <summary>Whether two keys lie beside or below each other, whatever their case.</summary>
    private static bool AreNeighbours(char one, char other) =>
        PlaceOf(char.ToLowerInvariant(one)) is { } from && PlaceOf(char.ToLowerInvariant(other)) is { } to && Math.Abs(from.Row - to.Row) <= 1 && Math.Abs(from.Column - to.Column) <= 1;

    private static (int Row, int Column)? PlaceOf(char letter)
    {
        for (var row = 0; row < _keys.Length; row++)
            if (_keys[row].IndexOf(letter, StringComparison.Ordinal) is var column and >= 0) return (row, column);
        return null;
    }
}

/// <summary>Why something about accounts could not be done.</summary>
public enum AccessFault
{
    /// <summary>See the message.</summary>
    Other,
    /// <summary>There is no such account.</summary>
    Missing,
    /// <summary>Too short.</summary>
    PasswordShort,
    /// <summary>Too long.</summary>
    PasswordLong,
    /// <summary>Guessed early.</summary>
    PasswordGuessable,
    /// <summary>The same as before.</summary>
    PasswordSame,
    /// <summary>Not the account's.</summary>
    PasswordWrong,
    /// <summary>Too many at once.</summary>
    Busy,
    /// <summary>There is no such session or token.</summary>
    MissingGrant,
    /// <summary>The account is there already.</summary>
    NameTaken,
    /// <summary>No account can be called that.</summary>
    NameWrong,
    /// <summary>Nobody would be left to give rights.</summary>
    LastAdministrator,
    /// <summary>An account has a role.</summary>
    RoleNeeded,
    /// <summary>There is no such role.</summary>
    RoleUnknown,
    /// <summary>No area can be called that.</summary>
    AreaWrong,
    /// <summary>A token has a name.</summary>
    TokenName,
    /// <summary>A token has a right.</summary>
    TokenRight,
    /// <summary>There is no such right.</summary>
    RightUnknown,
    /// <summary>The account has not the right itself.</summary>
    TokenBeyond,
    /// <summary>Too short or too long a life.</summary>
    TokenLifetime,
    /// <summary>The account has too many tokens.</summary>
    TokensMany,
    /// <summary>No account has this passkey.</summary>
    PasskeyUnknown,
    /// <summary>The question was asked too long ago, or answered already.</summary>
    PasskeyExpired,
    /// <summary>Another site asked for it.</summary>
    PasskeyOrigin,
    /// <summary>Its counter has not grown.</summary>
    PasskeyCounter,
    /// <summary>Kept already.</summary>
    PasskeyDuplicate,
    /// <summary>Not proved.</summary>
    PasskeyRefused,
    /// <summary>Nobody could sign in to the account.</summary>
    LastWayIn,
    /// <summary>No passkey can be called that.</summary>
    PasskeyName,
    /// <summary>The account has too many passkeys.</summary>
    PasskeysMany,
    /// <summary>The account has no such passkey.</summary>
    PasskeyMissing,
    /// <summary>The account is a provider's.</summary>
    PasskeyForeign,
    /// <summary>The session began too long ago for a change of how one signs in.</summary>
    SignInOld,
    /// <summary>A program asks for what a person does.</summary>
    NoPerson,
}

/// <summary>Something about accounts cannot be done; the message says why and what to do.</summary>
public sealed class AccessException(string message, AccessFault fault = AccessFault.Other, params IReadOnlyList<object> parts) : Exception(message)
{
    /// <summary>What the words of its kind are about: names and numbers, in the order of the message.</summary>
    public IReadOnlyList<object> Parts { get; } = parts;

    /// <summary>Kind of fault, by which a page finds its words.</summary>
    public AccessFault Fault { get; } = fault;
}
