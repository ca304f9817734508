using System.Security.Claims;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Configuration;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server.Provider;

/// <summary>The provider's settings: what is taken, what is refused with which words, what is shown, and what follows from claims.</summary>
public sealed class ProviderSettingsTests
{
    private const string Section = "Cloud:Access:Oidc";

    private static Settings Load(params string[] settings)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority(folder["pki"]);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(authority.ServerKeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (string, string)[] ingest = [("Certificate", authority.ServerFile), ("Key", authority.ServerKeyFile), ("Authority", authority.AuthorityFile)];
        return SettingsLoader.Load("server", [.. settings.Select(setting => $"--{Section}:{setting}"), .. ingest.Select(one => $"--Cloud:Ingest:{one.Item1}={one.Item2}")], [typeof(ServerOptions)], null, new SettingsSources());
    }

    private static readonly string[] _whole = ["Authority=https://id.city.example/realms/city", "ClientId=smartcity", "ClientSecret=canary-secret", "Roles:0:Value=urn:city:ops", "Roles:0:Role=operator"];

    [Fact]
    public void Settings_are_read_and_the_secret_is_shown_nowhere()
    {
        var settings = Load(_whole);
        var oidc = settings.Get<ServerOptions>().Access.Oidc!;
        Assert.Equal(("canary-secret", "urn:city:ops", Roles.Operator), (oidc.ClientSecret, oidc.Roles[0].Value, oidc.Roles[0].Role));
        Assert.Equal("***", settings.Shown.Single(shown => shown.Key == $"{Section}:ClientSecret").Value);
        Assert.DoesNotContain(settings.Shown, shown => shown.Value?.Contains("canary", StringComparison.Ordinal) == true);
        Assert.Null(Load().Get<ServerOptions>().Access.Oidc);
    }

    [Theory]
    [InlineData("Authority", "Authority=http://id.city.example", "an https address is needed")]
    [InlineData("Authority", "Authority=https://me:canary@id.city.example", "without a user")]
    [InlineData("Authority", "Authority=id.city.example", "absolute address")]
    [InlineData("Authority", "", "is missing")]
    [InlineData("ClientId", "ClientId=", "is missing")]
    [InlineData("Roles:0:Role", "Roles:0:Role=operators", "is no role; there are operator")]
    [InlineData("Roles:0:Value", "Roles:0:Value=", "is missing")]
    [InlineData("Scopes", "Scopes:0=profile", "openid must be among them")]
    [InlineData("RoleClaim", "RoleClaim=", "")]
    public void What_cannot_be_used_is_said_at_the_start_with_its_key(string key, string setting, string words)
    {
        var name = setting.Length == 0 ? key : setting[..setting.IndexOf('=', StringComparison.Ordinal)];
        var error = Assert.Throws<SettingsException>(() => Load([.. _whole.Where(one => !one.StartsWith(name + "=", StringComparison.Ordinal)), .. (string[])(setting.Length == 0 ? [] : [setting])]));
        Assert.Contains(error.Errors, one => one.Key == $"{Section}:{key}" && one.Message.Contains(words, StringComparison.Ordinal));
        Assert.DoesNotContain("canary", error.Message);
    }

    [Fact]
    public void Without_a_role_for_anybody_the_server_does_not_start() =>
        Assert.Contains("nobody could sign in", Assert.Throws<SettingsException>(() => Load([.. _whole.Where(one => !one.StartsWith("Roles", StringComparison.Ordinal))])).Message);

    [Theory]
    [InlineData("", null)]
    [InlineData("north,south,north", "north,south")]
    [InlineData("north,*", "")]
    public void Areas_follow_from_their_claim_and_none_is_not_all(string claims, string? areas)
    {
        var options = new OidcOptions { Roles = [new OidcRole { Value = "ops", Role = Roles.Operator }], AreaClaim = "areas" };
        var identity = new ClaimsIdentity([new Claim("sub", "1", null, "https://id"), new Claim("roles", " ops "), .. claims.Split(',').Select(area => new Claim("areas", area))]);
        var person = ExternalPerson.Of(new ClaimsPrincipal(identity), options)!;
        Assert.Equal([Roles.Operator], person.Roles);
        Assert.Equal(areas, person.Areas is null ? null : string.Join(',', person.Areas));
        Assert.Equal([], ExternalPerson.Of(new ClaimsPrincipal(identity), options with { AreaClaim = null })!.Areas);
        Assert.Equal("1", person.Name);
    }

    [Fact]
    public void Whoever_has_no_subject_or_too_long_a_one_is_nobody()
    {
        foreach (var claims in (Claim[][])[[], [new Claim("sub", "", null, "https://id")], [new Claim("sub", new string('1', 256), null, "https://id")]])
            Assert.Null(ExternalPerson.Of(new ClaimsPrincipal(new ClaimsIdentity(claims)), new OidcOptions()));
    }
}
