using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmartCity.Devices.Credentials;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Mqtt;

namespace SmartCity.Tests.Edge.Gateway.Listen;

public sealed class DeviceAuthenticatorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DeviceAuthenticator _authenticator;

    public DeviceAuthenticatorTests()
    {
        var hash = PasswordHash.Of("secret"u8);
        File.WriteAllText(_folder["devices.json"], $$"""
            {"devices": [{"id": "d1", "password": "{{hash}}"}, {"id": "d2", "password": "{{hash}}"}], "bridges": [{"user": "b1", "password": "{{hash}}", "topics": ["city/v1/+/status"]}]}
            """);
        _authenticator = new DeviceAuthenticator(new DeviceCredentials(_folder["devices.json"], TimeProvider.System));
    }

    public void Dispose() => _folder.Dispose();

    private async Task<MqttVerdict> AskAsync(string clientId, string? user = null, string? certificate = null, bool isAssigned = false)
    {
        using var key = ECDsa.Create();
        using var made = certificate is null ? null : new CertificateRequest($"CN={certificate}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        return await _authenticator.AuthenticateAsync(new MqttConnectRequest
        {
            ClientId = clientId,
            IsClientIdAssigned = isAssigned,
            UserName = user,
            Password = user is null ? default : Encoding.UTF8.GetBytes("secret"),
            ClientCertificate = made,
            IsSecure = certificate is not null,
            Remote = new IPEndPoint(IPAddress.Loopback, 1),
        }, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("d9", false, 0)]
    [InlineData("auto-1", true, 0)]
    [InlineData("d1", false, 0x87)]
    [InlineData("", false, 0x87)]
    public async Task The_client_id_of_a_certificate_is_its_common_name(string clientId, bool isAssigned, byte code)
    {
        var verdict = await AskAsync(clientId, certificate: "d9", isAssigned: isAssigned);
        Assert.Equal(code, verdict.ReasonCode);
        if (code == 0) return;
        Assert.Contains("d9", verdict.Reason, StringComparison.Ordinal);
        Assert.Contains(clientId, verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("d1", "d1", 0)]
    [InlineData("anything", "d1", 0)]
    [InlineData("d2", "d1", 0x87)]
    [InlineData("d2", "b1", 0x87)]
    [InlineData("d1", null, 0x86)]
    public async Task Nobody_takes_the_id_of_whoever_has_a_password(string clientId, string? user, byte code) => Assert.Equal(code, (await AskAsync(clientId, user)).ReasonCode);

    [Fact]
    public async Task A_session_belongs_to_whoever_opened_it()
    {
        Assert.Equal("d1", (await AskAsync("d1", "d1")).Owner);
        Assert.Equal("d1", (await AskAsync("gateway-7", "d1")).Owner);
        Assert.Equal("b1", (await AskAsync("gateway-7", "b1")).Owner);
        Assert.Equal("free", (await AskAsync("free")).Owner);
        Assert.Equal("d9", (await AskAsync("auto-1", certificate: "d9", isAssigned: true)).Owner);
    }
}
