using SmartCity.Cloud.Identity;

namespace SmartCity.Cloud.Server.Access;

/// <summary>What a signed-in person does with their own password, and without one.</summary>
internal sealed class OwnPassword(Accounts accounts, Passkeys passkeys, PasskeyCeremonies ceremonies)
{
    /// <summary>Changes it; where passkeys are the only way in there is no old one, and the sign-in must be a recent one instead.</summary>
    /// <exception cref="AccessException">The old one is wrong, the sign-in too long ago, or the new one cannot be used.</exception>
    public async Task ChangeAsync(HttpContext context, Caller owner, string old, string chosen)
    {
        var name = owner.Account.Name;
        if (!passkeys.AreOnlyWay(name))
        {
            await accounts.ChangePasswordAsync(context.ActorOf(), name, old, chosen, owner.Grant.Id, context.RequestAborted);
            return;
        }
        ceremonies.CheckRecent(owner.Grant);
        await accounts.ChoosePasswordAsync(context.ActorOf(), name, chosen, owner.Grant.Id, context.RequestAborted);
    }

    /// <summary>Takes it away, so that it can be neither guessed nor phished.</summary>
    /// <exception cref="AccessException">There is no passkey, or the sign-in is too long ago.</exception>
    public void Remove(HttpContext context, Caller owner)
    {
        ceremonies.CheckRecent(owner.Grant);
        passkeys.CheckOwn(owner.Account.Name);
        accounts.RemovePassword(context.ActorOf(), owner.Account.Name);
    }
}
