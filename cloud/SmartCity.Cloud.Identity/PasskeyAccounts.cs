using Microsoft.AspNetCore.Identity;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Identity;

/// <summary>
/// Our accounts as the passkey ceremonies of ASP.NET Core Identity read them; an account's id is the handle that authenticators know it by. It only
/// reads: what changes is changed by <see cref="Accounts"/> and <see cref="Passkeys"/>, which write who did it in the same transaction.
/// </summary>
public sealed class PasskeyAccounts(Accounts accounts, Passkeys passkeys) : IUserPasskeyStore<Account>
{
    /// <inheritdoc/>
    public Task<string> GetUserIdAsync(Account user, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Task.FromResult(passkeys.HandleOf(user.Name));
    }

    /// <inheritdoc/>
    public Task<string?> GetUserNameAsync(Account user, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Task.FromResult<string?>(user.Name);
    }

    /// <inheritdoc/>
    public Task<string?> GetNormalizedUserNameAsync(Account user, CancellationToken cancellationToken) => GetUserNameAsync(user, cancellationToken);

    /// <inheritdoc/>
    public Task<Account?> FindByIdAsync(string userId, CancellationToken cancellationToken) => Task.FromResult(passkeys.OwnerOf(userId) is { } name ? accounts.Find(name) : null);

    /// <inheritdoc/>
    public Task<Account?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) => Task.FromResult(accounts.Find(normalizedUserName));

    /// <inheritdoc/>
    public Task<Account?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) => Task.FromResult(passkeys.AccountOf(credentialId) is { } name ? accounts.Find(name) : null);

    /// <inheritdoc/>
    public Task<IList<UserPasskeyInfo>> GetPasskeysAsync(Account user, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Task.FromResult<IList<UserPasskeyInfo>>(passkeys.Records(user.Name));
    }

    /// <inheritdoc/>
    public Task<UserPasskeyInfo?> FindPasskeyAsync(Account user, byte[] credentialId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Task.FromResult(passkeys.Records(user.Name, credentialId).FirstOrDefault());
    }

    /// <inheritdoc/>
    public Task AddOrUpdatePasskeyAsync(Account user, UserPasskeyInfo passkey, CancellationToken cancellationToken) => throw OnlyRead();

    /// <inheritdoc/>
    public Task RemovePasskeyAsync(Account user, byte[] credentialId, CancellationToken cancellationToken) => throw OnlyRead();

    /// <inheritdoc/>
    public Task SetUserNameAsync(Account user, string? userName, CancellationToken cancellationToken) => throw OnlyRead();

    /// <inheritdoc/>
    public Task SetNormalizedUserNameAsync(Account user, string? normalizedName, CancellationToken cancellationToken) => throw OnlyRead();

    /// <inheritdoc/>
    public Task<IdentityResult> CreateAsync(Account user, CancellationToken cancellationToken) => throw OnlyRead();

    /// <inheritdoc/>
    public Task<IdentityResult> UpdateAsync(Account user, CancellationToken cancellationToken) => throw OnlyRead();

    /// <inheritdoc/>
    public Task<IdentityResult> DeleteAsync(Account user, CancellationToken cancellationToken) => throw OnlyRead();

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static NotSupportedException OnlyRead() => new($"Accounts are changed by {nameof(Accounts)} and {nameof(Passkeys)}, with a row in the audit log of who did it.");
}
