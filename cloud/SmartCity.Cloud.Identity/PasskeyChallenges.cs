using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Identity;

/// <summary>
/// What a passkey must sign, between the question and the answer: sealed, given to the browser, good for one answer and for a few minutes. Nothing is kept
/// for a question; only answers are remembered, until their question would have ended by itself. The key is this process's own, so that a restart ends
/// all questions, and none can be answered twice across it.
/// </summary>
public sealed class PasskeyChallenges(TimeProvider clock)
{
    /// <summary>How long there is to answer.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Answers remembered at most; while they are that many, further ones wait.</summary>
    internal int AnsweredMax { get; init; } = 50_000;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, long> _answered = new(StringComparer.Ordinal);

    /// <summary>Seals the state of a question.</summary>
    /// <param name="purpose">What the answer is for; it serves for nothing else.</param>
    /// <param name="state">What is needed to judge the answer.</param>
    /// <returns>Text for a cookie.</returns>
    public string Seal(string purpose, string state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var body = string.Create(CultureInfo.InvariantCulture, $"{(clock.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds()}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(state))}");
        return $"{body}.{MacOf(purpose, body)}";
    }

    /// <summary>Opens it for the one answer: whether that is right or wrong, it does not open again.</summary>
    /// <returns>The state.</returns>
    /// <exception cref="AccessException">It was not sealed here for this purpose, is over, or was answered.</exception>
    public string Open(string purpose, string? text)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (text is not { Length: < 4_096 } || text.Split('.') is not [var end, var state, var mac]
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(mac), Encoding.UTF8.GetBytes(MacOf(purpose, $"{end}.{state}")))
            || long.Parse(end, CultureInfo.InvariantCulture) is var ends && ends <= now) throw Over();
        if (_answered.Count >= AnsweredMax)
        {
            foreach (var (answered, over) in _answered)
                if (over <= now) _answered.TryRemove(answered, out _);
            if (_answered.Count >= AnsweredMax) throw new AccessException("Too many are signing in at once. Try again in a few minutes.", AccessFault.Busy);
        }
        return _answered.TryAdd(mac, ends) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(state)) : throw Over();
    }

    private static AccessException Over() => new($"The question that this passkey answers is over: there are {Lifetime.TotalMinutes} minutes for it, and one answer. Begin again.", AccessFault.PasskeyExpired);

    private string MacOf(string purpose, string body) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{purpose}\n{body}")));
}
