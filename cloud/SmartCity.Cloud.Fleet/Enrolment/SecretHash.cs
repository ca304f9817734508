using System.Security.Cryptography;
using System.Text;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Fleet.Enrolment;

/// <summary>Hashes secrets with a key of this server's own, so that whoever has the database alone can try none of them.</summary>
public sealed class SecretHash
{
    private readonly byte[] _key;

    private SecretHash(byte[] key) => _key = key;

    /// <summary>Opens the key, or makes it.</summary>
    /// <param name="file">Its file, of its owner alone.</param>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public static SecretHash Open(string file)
    {
        if (!File.Exists(file)) DurableFile.Replace(file, RandomNumberGenerator.GetBytes(32));
        return new SecretHash(File.ReadAllBytes(file));
    }

    /// <summary>The hash of a code without separators.</summary>
    public byte[] Of(string code) => HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(code));
}
