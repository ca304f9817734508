using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Hosting.Certificates;

namespace SmartCity.Tests.Hosting;

public sealed class LocalAuthorityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("g1")]
    [InlineData("Gate.way_7:A-b")]
    public void The_server_takes_a_gateways_certificate_for_its_id(string id)
    {
        using var authority = LocalAuthority.Open(_folder.Path, "tehran");
        var trust = new X509Certificate2Collection();
        trust.ImportFromPemFile(authority.AuthorityFile);
        var files = authority.Gateway(id);
        using var certificate = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        using var own = CertificateAuthority.Open(_folder["own"], "tehran", null, TimeProvider.System);
        using var keys = new GatewayTrust(_folder["fleet/fleet.db"], TimeProvider.System);
        Assert.Null(In("tehran").Check(certificate, null, out var gateway));
        Assert.Equal(id, gateway!.Gateway);
        Assert.NotNull(In("shiraz").Check(certificate, null, out _));
        using var server = X509CertificateLoader.LoadCertificateFromFile(authority.Server().Certificate);
        Assert.True(server.MatchesHostname("localhost"));
        Assert.True(server.MatchesHostname("127.0.0.1"));
        Assert.NotNull(In("tehran").Check(server, null, out _));

        GatewayCertificates In(string city) => new(own, trust, city, keys, TimeProvider.System);
    }

    [Fact]
    public void Files_are_kept_between_runs_and_are_their_owners_alone()
    {
        string Serial(CertificateFiles files) => X509CertificateLoader.LoadCertificateFromFile(files.Certificate).SerialNumber;
        string first;
        using (var authority = LocalAuthority.Open(_folder.Path, "tehran")) first = Serial(authority.Gateway("g1"));
        using (var authority = LocalAuthority.Open(_folder.Path, "tehran")) Assert.Equal(first, Serial(authority.Gateway("g1")));
        using (var authority = LocalAuthority.Open(_folder.Path, "shiraz")) Assert.NotEqual(first, Serial(authority.Gateway("g1")));
        foreach (var file in Directory.EnumerateFiles(_folder.Path))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void What_ends_soon_is_renewed_and_so_is_what_a_damaged_authority_signed()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        string Serial(X509Certificate2 certificate) { using (certificate) return certificate.SerialNumber; }
        string Issue()
        {
            using var authority = LocalAuthority.Open(_folder.Path, "tehran", clock);
            return Serial(X509CertificateLoader.LoadCertificateFromFile(authority.Server().Certificate));
        }
        var first = Issue();
        clock.Advance(TimeSpan.FromDays(300));
        Assert.Equal(first, Issue());
        clock.Advance(TimeSpan.FromDays(40));
        var second = Issue();
        Assert.NotEqual(first, second);
        File.WriteAllText(_folder["ca.key"], "damaged");
        Assert.NotEqual(second, Issue());
    }

    [Fact]
    public void Names_that_cannot_stand_in_an_id_are_refused()
    {
        Assert.Throws<ArgumentException>(() => LocalAuthority.Open(_folder.Path, "Te/hran"));
        using var authority = LocalAuthority.Open(_folder.Path, "tehran");
        Assert.Throws<ArgumentException>(() => authority.Gateway("../../etc"));
        Assert.Throws<ArgumentException>(() => authority.Gateway(".."));
        Assert.Throws<ArgumentException>(() => authority.Gateway(""));
    }
}
