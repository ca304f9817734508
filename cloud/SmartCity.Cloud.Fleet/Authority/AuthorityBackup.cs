using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>
/// The authority and what is known of gateways' keys as one encrypted file: <c>SCAUTH</c>, a version byte, the city (length u8, ASCII), 16 bytes of salt, 12 of
/// nonce, 16 of tag, and a ZIP under AES-256-GCM with a key of PBKDF2-SHA-256 over 600,000 rounds. All before the tag is authenticated with it. The
/// authority's passphrase is in it where the first start made it; one of an operator's own is not.
/// </summary>
public static class AuthorityBackup
{
    private const string Mark = "SCAUTH";
    private const byte Version = 1;
    private const int SaltBytes = 16, NonceBytes = 12, TagBytes = 16, Rounds = 600_000, PassphraseMin = 12;
    private const long FileBytesMax = 1L << 30;

    /// <summary>Writes a backup; the server may run meanwhile.</summary>
    /// <param name="data">The server's data folder.</param>
    /// <param name="file">Where to; it must not exist.</param>
    /// <param name="passphrase">12 characters or more.</param>
    /// <param name="clock">Dates the entries.</param>
    /// <exception cref="AuthorityException">There is no authority, or the passphrase is too short.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string data, string file, string passphrase, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        ArgumentNullException.ThrowIfNull(clock);
        var folder = Path.Combine(data, "authority");
        if (!CertificateAuthority.IsIn(folder)) throw new AuthorityException($"{data} holds no authority. Name the server's folder with --data, or start the server once.");
        if (passphrase.Length < PassphraseMin) throw new AuthorityException($"The passphrase has {passphrase.Length} characters; at least {PassphraseMin} are needed.");
        if (File.Exists(file)) throw new AuthorityException($"{file} is there already; name another file.");
        var city = AuthorityFiles.CityOf(folder);
        var zip = Zip(data, folder, clock);
        var header = Header(city);
        var (salt, nonce, tag, sealedBytes) = (RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(NonceBytes), new byte[TagBytes], new byte[zip.Length]);
        using (var cipher = new AesGcm(Key(passphrase, salt), TagBytes)) cipher.Encrypt(nonce, zip, sealedBytes, tag, header);
        DurableFile.Replace(file, [.. header, .. salt, .. nonce, .. tag, .. sealedBytes]);
    }

    /// <summary>Puts an authority back; the server must not run. Nothing is touched before the whole file was checked.</summary>
    /// <param name="data">The server's data folder.</param>
    /// <param name="file">The backup.</param>
    /// <param name="passphrase">Its passphrase.</param>
    /// <param name="city">City of this server; the backup must be of it.</param>
    /// <param name="replaces">Whether an authority that is there is set aside.</param>
    /// <param name="clock">Names what is set aside.</param>
    /// <exception cref="AuthorityException">The file is none, is damaged, of another city or version, or the passphrase is another.</exception>
    /// <exception cref="IOException">Something cannot be read or written.</exception>
    public static void Restore(string data, string file, string passphrase, string city, bool replaces, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        if (new FileInfo(file) is not { Exists: true } found) throw new AuthorityException($"There is no file {file}.");
        if (found.Length > FileBytesMax) throw new AuthorityException($"{file} has {found.Length} bytes; no backup of an authority is so large.");
        var bytes = File.ReadAllBytes(file);
        var zip = Open(file, bytes, passphrase, city);
        var (authority, fleet) = (Path.Combine(data, "authority"), Path.Combine(data, "fleet"));
        if (!replaces && (CertificateAuthority.IsIn(authority) || File.Exists(Path.Combine(fleet, "fleet.db"))))
            throw new AuthorityException($"{data} holds an authority already; with --replace it is set aside, and gateways that only it knows must enrol again.");
        var mark = clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss", System.Globalization.CultureInfo.InvariantCulture);
        var fresh = Path.Combine(data, $".restore-{mark}");
        Unpack(zip, fresh, file);
        foreach (var (name, target) in new[] { ("authority", authority), ("fleet", fleet) })
        {
            if (Directory.Exists(target)) Directory.Move(target, $"{target}.replaced-{mark}");
            Directory.Move(Path.Combine(fresh, name), target);
        }
        Directory.Delete(fresh);
        DurableFile.SyncFolder(data);
    }

    private static byte[] Open(string file, byte[] bytes, string passphrase, string city)
    {
        if (!bytes.AsSpan().StartsWith(Encoding.ASCII.GetBytes(Mark)) || bytes.Length < Mark.Length + 2) throw new AuthorityException($"{file} is no backup of an authority.");
        if (bytes[Mark.Length] != Version) throw new AuthorityException($"{file} is of version {bytes[Mark.Length]}; this program reads version {Version}. Restore with the program that wrote it, or a newer one.");
        var header = Mark.Length + 2 + bytes[Mark.Length + 1];
        if (bytes.Length <= header + SaltBytes + NonceBytes + TagBytes) throw new AuthorityException($"{file} is cut off: it has {bytes.Length} bytes.");
        var from = Encoding.ASCII.GetString(bytes, Mark.Length + 2, bytes[Mark.Length + 1]);
        if (from != city) throw new AuthorityException($"{file} is of the city \"{from}\", not of \"{city}\". Set Cloud:Ingest:City={from} if this server is to be that city's.");
        var salt = bytes.AsSpan(header, SaltBytes);
        var nonce = bytes.AsSpan(header + SaltBytes, NonceBytes);
        var tag = bytes.AsSpan(header + SaltBytes + NonceBytes, TagBytes);
        var content = bytes.AsSpan(header + SaltBytes + NonceBytes + TagBytes);
        var zip = new byte[content.Length];
        try
        {
            using var cipher = new AesGcm(Key(passphrase, salt), TagBytes);
            cipher.Decrypt(nonce, content, tag, zip, bytes.AsSpan(0, header));
            return zip;
        }
        catch (CryptographicException error)
        {
            throw new AuthorityException($"{file} cannot be opened: the passphrase is another, or the file is damaged or cut off.", error);
        }
    }

    private static byte[] Zip(string data, string folder, TimeProvider clock)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in Directory.EnumerateFiles(folder)) Add(archive, $"authority/{Path.GetFileName(file)}", File.ReadAllBytes(file));
            var fleet = Path.Combine(data, "fleet");
            if (File.Exists(Path.Combine(fleet, "secrets.key"))) Add(archive, "fleet/secrets.key", File.ReadAllBytes(Path.Combine(fleet, "secrets.key")));
            if (File.Exists(Path.Combine(fleet, "fleet.db"))) Add(archive, "fleet/fleet.db", Snapshot(Path.Combine(fleet, "fleet.db")));
        }
        return zip.ToArray();

        void Add(ZipArchive archive, string name, byte[] content)
        {
            var entry = archive.CreateEntry(name, CompressionLevel.Fastest);
            entry.LastWriteTime = clock.GetUtcNow();
            using var stream = entry.Open();
            stream.Write(content);
        }
    }

    /// <summary>The database at one moment, whatever a running server writes into it meanwhile.</summary>
    private static byte[] Snapshot(string file)
    {
        var copy = $"{file}.{Environment.ProcessId}.backup";
        File.Delete(copy);
        try
        {
            using (var from = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString()))
            using (var to = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = copy, Pooling = false }.ToString()))
            {
                from.Open();
                to.Open();
                from.BackupDatabase(to);
            }
            return File.ReadAllBytes(copy);
        }
        finally
        {
            foreach (var left in new[] { copy, copy + "-wal", copy + "-shm" }) File.Delete(left);
        }
    }

    private static void Unpack(byte[] zip, string folder, string file)
    {
        foreach (var name in new[] { folder, Path.Combine(folder, "authority"), Path.Combine(folder, "fleet") })
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(name);
            else Directory.CreateDirectory(name, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        using var archive = new ZipArchive(new MemoryStream(zip), ZipArchiveMode.Read);
        foreach (var entry in archive.Entries)
        {
            // Written by this program and authenticated; a name with steps in it is none of its own all the same.
            if (entry.FullName.Split('/') is not [("authority" or "fleet") and var part, var name] || name != Path.GetFileName(name)) throw new AuthorityException($"{file} holds {entry.FullName}, which is no part of an authority.");
            using var content = new MemoryStream();
            using (var stream = entry.Open()) stream.CopyTo(content);
            DurableFile.Replace(Path.Combine(folder, part, name), content.ToArray());
        }
        if (!CertificateAuthority.IsIn(Path.Combine(folder, "authority"))) throw new AuthorityException($"{file} holds no authority.");
    }

    private static byte[] Header(string city) => [.. Encoding.ASCII.GetBytes(Mark), Version, (byte)city.Length, .. Encoding.ASCII.GetBytes(city)];

    private static byte[] Key(string passphrase, ReadOnlySpan<byte> salt) => Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, Rounds, HashAlgorithmName.SHA256, 32);
}
