using SmartCity.Devices.Twins;

namespace SmartCity.Cloud.Fleet.Twins;

/// <summary>A change of a twin cannot be made; nothing was changed.</summary>
public sealed class TwinChangeException : Exception
{
    /// <summary>Creates it without words.</summary>
    public TwinChangeException() { }
    /// <summary>Creates it with a message.</summary>
    public TwinChangeException(string message) : base(message) { }
    /// <summary>Creates it around the cause.</summary>
    public TwinChangeException(string message, Exception inner) : base(message, inner) { }

    /// <summary>What is wrong in the document, each with its place; empty where the version is another meanwhile, or there is none to go back to.</summary>
    public IReadOnlyList<TwinFault> Faults { get; init; } = [];

    /// <summary>Whether the present version is not the one that the change was to replace.</summary>
    public bool IsOutdated { get; init; }
}
