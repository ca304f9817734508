using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Identity;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Identity;

/// <summary>Whose account is whose, and what a provider may take away.</summary>
public sealed class ExternalLoginsTests : IDisposable
{
    private const string Issuer = "https://id.city.example/";
    private readonly TemporaryFolder _folder = new();
    private readonly IdentityDatabase _database;
    private readonly AuditLog _log;
    private readonly AccessGrants _grants;
    private readonly Accounts _accounts;
    private readonly ExternalLogins _logins;

    public ExternalLoginsTests()
    {
        var options = new AccessOptions { PasswordRounds = 1_000 };
        _database = new IdentityDatabase(_folder["identity.db"]);
        _log = new AuditLog(_database, TimeProvider.System);
        _grants = new AccessGrants(_database, _log, options, TimeProvider.System);
        _accounts = new Accounts(_database, _log, _grants, options, TimeProvider.System);
        _logins = new ExternalLogins(_database, _log, _accounts, _grants, TimeProvider.System);
    }

    public void Dispose()
    {
        _accounts.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    private static ExternalPerson Person(string subject, string name, params string[] roles) => new(Issuer, subject, name, roles, []);

    [Fact]
    public void The_last_administrator_stays_one_whatever_the_provider_says_and_the_log_says_so()
    {
        var boss = Person("1", "boss", Roles.Administrator);
        Assert.Equal("boss", _logins.SignIn(boss, "test").Account!.Name);

        var demoted = _logins.SignIn(boss with { Roles = [Roles.Operator], Areas = ["north"] }, "test");
        Assert.True(demoted.IsAdministratorKept);
        Assert.Equal([Roles.Operator, Roles.Administrator], demoted.Account!.Roles);
        Assert.Empty(demoted.Account.Areas);
        Assert.Contains(_log.Read(null, 5), row => row is { Action: "account.administrator-kept", Subject: "boss", Who: Issuer } && row.After!.Contains("north", StringComparison.Ordinal));

        // An area is less than the whole city.
        Assert.True(_logins.SignIn(boss with { Areas = ["north"] }, "test").IsAdministratorKept);

        // Without any role the door stays shut, and the role is still not taken away.
        var session = _grants.Begin(_accounts.Find("boss")!, "browser", "test");
        var none = _logins.SignIn(boss with { Roles = [] }, "test");
        Assert.Equal((ExternalRefusal.Role, true), (none.Refusal, none.IsAdministratorKept));
        Assert.Equal([Roles.Administrator], _accounts.Find("boss")!.Roles);
        Assert.Null(_grants.Find(session, "test"));

        // With another one it is taken away as any role is; one who is disabled or bound to an area is no other.
        _accounts.Add(Actor.System, "bound", [Roles.Administrator], ["north"]);
        _accounts.Add(Actor.System, "ill", [Roles.Administrator], []);
        _accounts.SetDisabled(Actor.System, "ill", true);
        Assert.True(_logins.SignIn(boss with { Roles = [Roles.Operator] }, "test").IsAdministratorKept);
        _accounts.SetDisabled(Actor.System, "ill", false);
        var done = _logins.SignIn(boss with { Roles = [Roles.Operator] }, "test");
        Assert.False(done.IsAdministratorKept);
        Assert.Equal([Roles.Operator], done.Account!.Roles);
        Assert.Null(_log.Verify().FirstBroken);
    }

    [Fact]
    public void A_subject_is_somebody_only_together_with_its_issuer()
    {
        var one = _logins.SignIn(Person("1", "sara", Roles.Operator), "test").Account!;
        var other = _logins.SignIn(Person("1", "sara", Roles.Administrator) with { Issuer = "https://other.example/" }, "test").Account!;
        // Letter by letter: no two of these are one.
        var close = _logins.SignIn(Person("1", "sara", Roles.Installer) with { Issuer = Issuer.ToUpperInvariant() }, "test").Account!;
        var space = _logins.SignIn(Person("1 ", "sara", Roles.Installer), "test").Account!;
        Assert.Equal(["sara", "sara-2", "sara-3", "sara-4"], [one.Name, other.Name, close.Name, space.Name]);
        Assert.Equal([Roles.Operator], _accounts.Find("sara")!.Roles);
        Assert.Equal("sara", _logins.SignIn(Person("1", "renamed", Roles.Operator), "test").Account!.Name);
    }

    [Theory]
    [InlineData("سارا احمدی", "سارا-احمدی")]
    [InlineData("a b/c\nd", "a-b-c-d")]
    [InlineData("system", "system-2")]
    [InlineData("Console", "Console-2")]
    [InlineData("e\u0301ve\ud800", "éve")]
    [InlineData("  ..", "person")]
    [InlineData("", "person")]
    public void A_name_is_made_fit_for_an_account_and_is_never_that_of_the_program(string given, string name)
    {
        Assert.Equal(name, _logins.SignIn(Person("1", given, Roles.Operator), "test").Account!.Name);
        PasswordRules.CheckName(name);
    }

    [Fact]
    public async Task A_secret_that_an_administrator_gave_ends_with_the_next_sign_in_by_the_provider()
    {
        var sara = Person("1", "sara", Roles.Operator);
        _logins.SignIn(sara, "test");
        var secret = _accounts.Reset(Actor.System, "sara");
        Assert.True((await _accounts.CheckAsync("sara", secret, TestContext.Current.CancellationToken))!.MustChangePassword);
        Assert.False(_logins.SignIn(sara, "test").Account!.MustChangePassword);
        Assert.Null(await _accounts.CheckAsync("sara", secret, TestContext.Current.CancellationToken));
        Assert.Contains(_log.Read(null, 2), row => row is { Action: "account.reset-ended", Subject: "sara" });
    }

    [Fact]
    public void A_name_of_any_length_fits()
    {
        foreach (var (subject, letter) in ((string, string)[])[("1", "a"), ("2", "a"), ("3", "𐎠"), ("4", "𐎠")])
            PasswordRules.CheckName(_logins.SignIn(Person(subject, string.Concat(Enumerable.Repeat(letter, 300)), Roles.Operator), "test").Account!.Name);
        Assert.Equal(4, _accounts.All.Count);
    }

    [Fact]
    public void A_role_that_stays_writes_the_sign_in_alone_and_one_that_cannot_be_written_is_not_given()
    {
        var sara = Person("1", "sara", Roles.Operator);
        _logins.SignIn(sara, "test");
        var rows = _log.Verify().Rows;
        _logins.SignIn(sara, "test");
        Assert.Equal(rows + 1, _log.Verify().Rows);
        var row = _log.Read(null, 1)[0];
        Assert.Equal(("sign-in", "sara", $$"""{"issuer":"{{Issuer}}"}"""), (row.Action, row.Who, row.After));

        using (var holder = new SqliteConnection($"Data Source={_folder["identity.db"]};Pooling=False"))
        {
            holder.Open();
            using var command = holder.CreateCommand();
            command.CommandText = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END";
            command.ExecuteNonQuery();
        }
        Assert.Throws<SqliteException>(() => _logins.SignIn(sara with { Roles = [Roles.Administrator] }, "test"));
        Assert.Throws<SqliteException>(() => _logins.SignIn(Person("2", "new", Roles.Operator), "test"));
        Assert.Equal([Roles.Operator], _accounts.Find("sara")!.Roles);
        Assert.Null(_accounts.Find("new"));
        Assert.False(_logins.Has("new"));
    }

    [Fact]
    public async Task One_person_who_signs_in_by_many_browsers_at_once_has_one_account()
    {
        var names = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => _logins.SignIn(Person("1", "sara", Roles.Operator), "test").Account!.Name)));
        Assert.All(names, name => Assert.Equal("sara", name));
        Assert.Single(_accounts.All);
    }
}
