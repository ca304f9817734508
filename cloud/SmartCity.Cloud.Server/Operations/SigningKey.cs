using System.Security.Cryptography;
using System.Text;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>Keys by which the server signs what others check without it: ECDSA P-256, each in a file of its own under <c>keys</c>, readable by its owner alone.</summary>
internal static class SigningKey
{
    /// <summary>Opens a key of the server, or makes it.</summary>
    /// <param name="data">Folder of the server's data.</param>
    /// <param name="name">What it signs, e.g. <c>completeness</c>.</param>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="CryptographicException">The file is no private key of P-256.</exception>
    public static ECDsa Open(string data, string name)
    {
        var file = Path.Combine(data, "keys", name + ".key");
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (File.Exists(file))
            {
                key.ImportFromPem(File.ReadAllText(file));
                if (key.KeySize != 256) throw new CryptographicException($"{file} holds a key of {key.KeySize} bits; one of P-256 is needed.");
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                DurableFile.Replace(file, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
            }
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>The thumbprint by which people tell keys apart: the first 16 bytes of SHA-256 over the public key's DER, in hexadecimal.</summary>
    public static string IdOf(ECDsa key) => IdOf(key.ExportSubjectPublicKeyInfo());

    /// <summary>The thumbprint of a public key, a subject public key in DER.</summary>
    public static string IdOf(byte[] publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey).AsSpan(0, 16));
}
