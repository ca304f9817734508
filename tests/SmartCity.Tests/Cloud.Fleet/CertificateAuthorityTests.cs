using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Fleet.Authority;

namespace SmartCity.Tests.Cloud.Fleet;

public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Keys_are_encrypted_and_of_their_owner_alone_and_open_again_without_a_person()
    {
        string fingerprint;
        using (var made = Open()) fingerprint = made.Fingerprint;
        using (var again = Open()) Assert.Equal(fingerprint, again.Fingerprint);
        foreach (var file in Directory.EnumerateFiles(_folder["data/authority"]))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            if (file.EndsWith(".key", StringComparison.Ordinal)) Assert.StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----", File.ReadAllText(file), StringComparison.Ordinal);
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["data/authority"]));
    }

    [Fact]
    public void A_gateway_s_certificate_has_its_identity_as_the_one_name_and_is_good_for_a_client_alone()
    {
        using var authority = Open();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issued = authority.IssueGateway("g.1:a", new PublicKey(key), TimeSpan.FromDays(30));
        using var certificate = X509Certificate2.CreateFromPem(issued.ChainPem);
        Assert.Equal(["spiffe://tehran/gateway/g.1:a"], CertificateNames.UrisOf(certificate));
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal("1.3.6.1.5.5.7.3.2", Assert.Single(certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.OfType<Oid>()).Value);
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromDays(30), new DateTimeOffset(certificate.NotAfter));
        Assert.Equal(_clock.GetUtcNow() - CertificateAuthority.Backdate, new DateTimeOffset(certificate.NotBefore));
        Assert.True(Holds(certificate, authority.Roots, authority.Issuers));
        Assert.Equal(384, authority.Roots[0].GetECDsaPublicKey()!.KeySize);
    }

    [Fact]
    public void A_rotation_overlaps_old_and_new_hold_together_until_the_old_one_is_retired()
    {
        using var authority = Open();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var before = X509Certificate2.CreateFromPem(authority.IssueGateway("g1", new PublicKey(key), TimeSpan.FromDays(30)).ChainPem);
        var (firstRoot, firstIssuer) = (authority.Fingerprint, CertificateAuthority.FingerprintOf(authority.Issuer));
        authority.Rotate(withRoot: false);
        using var second = X509Certificate2.CreateFromPem(authority.IssueGateway("g1", new PublicKey(key), TimeSpan.FromDays(30)).ChainPem);
        Assert.NotEqual(before.Issuer, second.Issuer);
        authority.Rotate(withRoot: true);
        using var third = X509Certificate2.CreateFromPem(authority.IssueGateway("g1", new PublicKey(key), TimeSpan.FromDays(30)).ChainPem);
        foreach (var one in (X509Certificate2[])[before, second, third]) Assert.True(Holds(one, authority.Roots, authority.Issuers));
        // Every gateway knows the oldest root, so the server goes on showing itself under it.
        Assert.Equal(firstRoot, authority.Fingerprint);
        Assert.True(Holds(authority.IssueServer(["localhost"]).Certificate, [authority.Roots[0]], authority.Issuers));
        Assert.Throws<AuthorityException>(() => authority.Retire(CertificateAuthority.FingerprintOf(authority.Roots[^1])));
        Assert.Null(authority.Retire("0000000000"));
        Assert.NotNull(authority.Retire(firstIssuer[..8]));
        Assert.False(Holds(before, authority.Roots, authority.Issuers));
        Assert.NotNull(authority.Retire(firstRoot));
        Assert.False(Holds(second, authority.Roots, authority.Issuers));
        Assert.True(Holds(third, authority.Roots, authority.Issuers));
        var (roots, issuers) = (authority.RootsPem, authority.Issuers.Count);
        using var again = Open();
        Assert.Equal((roots, issuers), (again.RootsPem, again.Issuers.Count));
    }

    [Fact]
    public void A_passphrase_of_an_operator_s_own_is_asked_for_and_what_is_wrong_is_said()
    {
        var file = _folder["words"];
        File.WriteAllText(file, "correct horse battery staple\n");
        Assert.Contains("chmod 600", Assert.Throws<AuthorityException>(() => Open(file)).Message);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (Open(file)) { }
        Assert.False(File.Exists(_folder["data/authority/passphrase"]));
        using (Open(file)) { }
        Assert.Contains("passphrase", Assert.Throws<AuthorityException>(() => Open()).Message);
        File.WriteAllText(file, "another twelve letters");
        Assert.Contains("cannot be opened", Assert.Throws<AuthorityException>(() => Open(file)).Message);
        File.WriteAllText(file, "short");
        Assert.Contains("at least 12", Assert.Throws<AuthorityException>(() => Open(file)).Message);
    }

    [Fact]
    public void An_authority_of_another_city_is_not_taken_for_this_one()
    {
        using (Open()) { }
        Assert.Contains("Cloud:Ingest:City=tehran", Assert.Throws<AuthorityException>(() => CertificateAuthority.Open(_folder["data/authority"], "shiraz", null, _clock)).Message);
    }

    [Fact]
    public void A_backup_puts_the_authority_back_and_whatever_is_wrong_is_said_before_anything_is_touched()
    {
        const string Words = "a passphrase of the backup";
        string fingerprint, backup = _folder["backup"];
        using (var authority = Open()) fingerprint = authority.Fingerprint;
        Assert.Throws<AuthorityException>(() => AuthorityBackup.Write(_folder["data"], backup, "short", _clock));
        AuthorityBackup.Write(_folder["data"], backup, Words, _clock);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(backup));
        Assert.Throws<AuthorityException>(() => AuthorityBackup.Write(_folder["data"], backup, Words, _clock));
        Assert.Contains("--replace", Says(backup, Words, "tehran", false));
        Directory.CreateDirectory(_folder["elsewhere"]);
        var good = File.ReadAllBytes(backup);
        foreach (var (what, bytes, words, city, said) in new (string, byte[], string, string, string)[]
        {
            ("wrong key", good, "another passphrase", "tehran", "the passphrase is another"), ("other site", good, Words, "shiraz", "is of the city \"tehran\""), ("truncated", good[..^1], Words, "tehran", "cut off"),
            ("short", good[..20], Words, "tehran", "cut off"), ("newer", [.. good[..6], 2, .. good[7..]], Words, "tehran", "version 2"), ("none", "hello"u8.ToArray(), Words, "tehran", "is no backup"),
            ("flipped", [.. good[..^40], (byte)(good[^40] ^ 1), .. good[^39..]], Words, "tehran", "damaged"),
        })
        {
            var file = _folder[$"wrong-{what}"];
            File.WriteAllBytes(file, bytes);
            Assert.Contains(said, Assert.Throws<AuthorityException>(() => AuthorityBackup.Restore(_folder["elsewhere"], file, words, city, false, _clock)).Message);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["elsewhere"]));
        }
        AuthorityBackup.Restore(_folder["elsewhere"], backup, Words, "tehran", false, _clock);
        using (var restored = CertificateAuthority.Open(_folder["elsewhere/authority"], "tehran", null, _clock)) Assert.Equal(fingerprint, restored.Fingerprint);
        AuthorityBackup.Restore(_folder["data"], backup, Words, "tehran", true, _clock);
        Assert.Single(Directory.EnumerateDirectories(_folder["data"], "authority.replaced-*"));

        string Says(string file, string words, string city, bool replaces) => Assert.Throws<AuthorityException>(() => AuthorityBackup.Restore(_folder["data"], file, words, city, replaces, _clock)).Message;
    }

    private CertificateAuthority Open(string? passphrase = null) => CertificateAuthority.Open(_folder["data/authority"], "tehran", passphrase, _clock);

    private bool Holds(X509Certificate2 certificate, IReadOnlyList<X509Certificate2> roots, IReadOnlyList<X509Certificate2> issuers)
    {
        using var chain = new X509Chain();
        (chain.ChainPolicy.TrustMode, chain.ChainPolicy.RevocationMode, chain.ChainPolicy.VerificationTime) = (X509ChainTrustMode.CustomRootTrust, X509RevocationMode.NoCheck, _clock.GetUtcNow().UtcDateTime);
        chain.ChainPolicy.CustomTrustStore.AddRange(roots.ToArray());
        chain.ChainPolicy.ExtraStore.AddRange(issuers.ToArray());
        return chain.Build(certificate);
    }
}
