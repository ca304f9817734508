using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>What a route asks of its caller. Every route says it, or the server does not start.</summary>
/// <param name="Right">The right; null where everybody may come.</param>
/// <param name="IsOpenOnLoopback">Whether whoever is on this machine needs none.</param>
internal sealed record RequiredRight(Rights? Right, bool IsOpenOnLoopback = false);

/// <summary>Words by which a route says what it asks for.</summary>
internal static class RequiredRights
{
    /// <summary>Everybody may come.</summary>
    public static T Public<T>(this T route) where T : IEndpointConventionBuilder => route.WithMetadata(new RequiredRight((Rights?)null));

    /// <summary>Callers with a right may come.</summary>
    public static T Needs<T>(this T route, Rights right) where T : IEndpointConventionBuilder => route.WithMetadata(new RequiredRight(right));

    /// <summary>Callers with a right may come, and whatever asks from this machine, e.g. a collector of metrics.</summary>
    public static T NeedsFromElsewhere<T>(this T route, Rights right) where T : IEndpointConventionBuilder => route.WithMetadata(new RequiredRight(right, IsOpenOnLoopback: true));

    /// <summary>Whoever has signed in may come, with any right or none.</summary>
    public static T NeedsSignIn<T>(this T route) where T : IEndpointConventionBuilder => route.WithMetadata(new RequiredRight(Rights.None));
}
