using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Tolling.Plates;

/// <summary>Stands for a plate where the plate itself must not stand: HMAC-SHA-256 with the key of a period.</summary>
/// <remarks>There are so few plates that a hash without a key is reversed by trying them all; and once the period's key is gone, so is the link to the vehicle.</remarks>
public static class PlatePseudonym
{
    /// <summary>Least length of a key: that of the hash.</summary>
    public const int KeyBytesMin = 32;

    /// <summary>The pseudonym of a plate within a period.</summary>
    /// <param name="periodKey">Secret of the period, at least <see cref="KeyBytesMin"/> random bytes.</param>
    /// <param name="plate">The plate; its country and canonical form count, its display form does not.</param>
    /// <returns>64 lower-case hex digits.</returns>
    /// <exception cref="ArgumentException">The key is shorter.</exception>
    public static string Of(ReadOnlySpan<byte> periodKey, Plate plate) => Of(periodKey, plate.Key);

    /// <summary>The pseudonym of a plate by its key, see <see cref="Plate.Key"/>.</summary>
    /// <exception cref="ArgumentException">The key of the period is too short.</exception>
    public static string Of(ReadOnlySpan<byte> periodKey, string plate) =>
        periodKey.Length < KeyBytesMin
            ? throw new ArgumentException($"The key of a period has at least {KeyBytesMin} bytes; this one has {periodKey.Length}.", nameof(periodKey))
            : Convert.ToHexStringLower(HMACSHA256.HashData(periodKey, Encoding.UTF8.GetBytes(plate)));
}
