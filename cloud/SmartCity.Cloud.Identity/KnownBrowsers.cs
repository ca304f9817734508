using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Identity;

/// <summary>Tells browsers that have signed in to an account before from others, by a cookie that only this server can make.</summary>
public sealed class KnownBrowsers
{
    internal const string Tables = "CREATE TABLE IF NOT EXISTS secret(name TEXT PRIMARY KEY, value BLOB NOT NULL);";
    private readonly byte[] _key;

    /// <summary>Reads the key, or makes it at the first start.</summary>
    public KnownBrowsers(IdentityDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        database.Run(null, "INSERT INTO secret VALUES('browsers', $key) ON CONFLICT(name) DO NOTHING", ("$key", RandomNumberGenerator.GetBytes(32)));
        _key = database.Rows("SELECT value FROM secret WHERE name = 'browsers'", row => row.GetFieldValue<byte[]>(0))[0];
    }

    /// <summary>The cookie of a browser that has just signed in to an account.</summary>
    public string CookieFor(string account)
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
        return $"{id}.{Seal(id, account)}";
    }

    /// <summary>The id of a browser whose cookie was made for an account; null for any other.</summary>
    public string? IdOf(string? cookie, string account)
    {
        if (cookie is not { Length: < 100 } || cookie.Split('.') is not [var id, var seal]) return null;
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(seal), Encoding.UTF8.GetBytes(Seal(id, account))) ? id : null;
    }

    private string Seal(string id, string account) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{id}\n{account.ToUpperInvariant()}")).AsSpan(0, 16));
}
