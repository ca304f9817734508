namespace SmartCity.Model.Contracts;

/// <summary>A passkey (a discoverable WebAuthn credential) as a person sees it; nothing in it is a secret.</summary>
/// <param name="Id">Public number by which it is renamed and removed.</param>
/// <param name="Account">Whose.</param>
/// <param name="Name">What its owner calls it, 1–100 characters.</param>
/// <param name="Created">µs since 1970 UTC.</param>
/// <param name="LastUsed">µs since 1970 UTC; null where it was not used yet.</param>
/// <param name="IsBackedUp">Whether its maker keeps a copy elsewhere, so that it outlives the device.</param>
public sealed record Passkey(long Id, string Account, string Name, long Created, long? LastUsed, bool IsBackedUp);
