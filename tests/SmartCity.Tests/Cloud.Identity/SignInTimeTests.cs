using System.Buffers.Binary;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SmartCity.Cloud.Identity;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Identity;

/// <summary>
/// Section 5, row 40: how long a wrong sign-in takes does not tell whether there is such an account. What takes time is the hash, so the hashes are counted: for
/// every name and password it is one, of as many rounds.
/// </summary>
public sealed class SignInTimeTests : IDisposable
{
    private const string Password = "correct horse battery staple";
    private static readonly Actor _test = new("test", "test");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Row_40_every_sign_in_costs_one_hash_of_as_many_rounds_whoever_it_names()
    {
        using var database = new IdentityDatabase(_folder["identity.db"]);
        var log = new AuditLog(database, TimeProvider.System);
        var hasher = new CountingHasher();
        using var accounts = new Accounts(database, log, new AccessGrants(database, log, new AccessOptions(), TimeProvider.System), hasher, TimeProvider.System);
        accounts.Add(_test, "new", [Roles.Operator], []);
        await accounts.ChangePasswordAsync(_test, "mina", accounts.Add(_test, "mina", [Roles.Administrator], []), Password, null, Stop);
        await accounts.ChangePasswordAsync(_test, "out", accounts.Add(_test, "out", [Roles.Operator], []), Password, null, Stop);
        accounts.SetDisabled(_test, "out", true);
        foreach (var (name, password, isIn) in new[]
        {
            ("mina", Password, true), ("mina", "wrong wrong wrong", false), ("nobody", Password, false), ("NOBODY", "", false), ("new", Password, false), ("out", Password, false),
            ("mina", "", false), ("mina", new string('x', 1 << 20), false), ("nobody", new string('x', 1 << 20), false), (new string('n', 10_000), Password, false), ("' OR 1=1--", Password, false), ("", "", false),
        })
        {
            hasher.Checked.Clear();
            Assert.Equal(isIn, await accounts.CheckAsync(name, password, Stop) is not null);
            var (rounds, length) = Assert.Single(hasher.Checked);
            Assert.Equal(CountingHasher.Rounds, rounds);
            // Of a megabyte nothing is hashed.
            Assert.True(length <= PasswordRules.LengthMax);
        }
    }

    /// <summary>The server's own hasher, and how it was used.</summary>
    private sealed class CountingHasher : IPasswordHasher<string>
    {
        public const int Rounds = 1_000;
        private readonly PasswordHasher<string> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Rounds }));

        /// <summary>Rounds of each hash that was checked, and characters of what was typed.</summary>
        public List<(int Rounds, int Length)> Checked { get; } = [];

        public string HashPassword(string user, string password) => _hasher.HashPassword(user, password);

        public PasswordVerificationResult VerifyHashedPassword(string user, string hashedPassword, string providedPassword)
        {
            Checked.Add((BinaryPrimitives.ReadInt32BigEndian(Convert.FromBase64String(hashedPassword).AsSpan(5)), providedPassword.Length));
            return _hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
