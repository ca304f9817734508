using SmartCity.Hosting.Operations;

namespace SmartCity.Edge.Gateway.Enrolment;

/// <summary>What is known of the gateway's identity, for readiness, metrics and the page. Thread-safe.</summary>
internal sealed class IdentityState
{
    private volatile Identity? _identity;
    private volatile string? _trouble;

    /// <summary>The identity; null where the gateway is not enrolled, or settings name its certificate.</summary>
    public Identity? Identity { get => _identity; set => _identity = value; }
    /// <summary>Why the last enrolment or renewal failed; null where it did not.</summary>
    public string? Trouble { get => _trouble; set => _trouble = value; }
}

/// <summary>The identity's line in <c>/health/ready</c>. Whatever is wrong with it, devices are served and their readings kept.</summary>
internal sealed class IdentityHealth(IdentityState state, TimeProvider clock) : IHealthPart
{
    public string Name => "identity";
    public string? Trouble => null;

    public string? Warning
    {
        get
        {
            if (state.Identity is not { } identity) return state.Trouble is { } failed ? $"not enrolled: {failed}" : null;
            var left = identity.NotAfter - clock.GetUtcNow();
            // A renewal is tried from half of life on; that it fails for a while is no matter.
            if (state.Trouble is null || left > (identity.NotAfter - identity.Issued) / 4) return null;
            return left > TimeSpan.Zero ? $"the certificate ends at {identity.NotAfter:yyyy-MM-dd'T'HH:mm:ss'Z'} and cannot be renewed: {state.Trouble}" : $"the certificate has ended at {identity.NotAfter:yyyy-MM-dd'T'HH:mm:ss'Z'} and cannot be renewed: {state.Trouble}";
        }
    }
}
