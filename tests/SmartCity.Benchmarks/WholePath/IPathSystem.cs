namespace SmartCity.Benchmarks.WholePath;

/// <summary>A system that takes telemetry over MQTT, as the bench sees it: a broker's port, and how many values have arrived at its far end.</summary>
internal interface IPathSystem : IDisposable
{
    /// <summary>Its name in the table.</summary>
    string Name { get; }
    /// <summary>What an acknowledgement of it means.</summary>
    string Durability { get; }
    /// <summary>Port of its MQTT, on loopback.</summary>
    int Port { get; }
    /// <summary>Its processes.</summary>
    IReadOnlyList<Child> Children { get; }

    /// <summary>Values at the far end so far: distinct ones in a store, or as many as were received.</summary>
    long Arrived();

    /// <summary>Why its own books do not balance; null where they do or where it keeps none.</summary>
    string? Imbalance();
}
