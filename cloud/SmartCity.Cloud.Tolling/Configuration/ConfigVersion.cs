namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>One immutable version of a corridor, a calendar, a tariff or a penalty policy. Its times are wall-clock times of the corridor.</summary>
public abstract record ConfigVersion
{
    /// <summary>Name shared by all versions; 1–64 of <c>A-Za-z0-9._-</c>.</summary>
    public required string Id { get; init; }
    /// <summary>From 1; unique under the id.</summary>
    public required int Version { get; init; }
    /// <summary>First moment it holds.</summary>
    public required DateTime ValidFrom { get; init; }
    /// <summary>First moment it no longer holds; null = where the next version begins.</summary>
    public DateTime? ValidTo { get; init; }
    /// <summary>The version that this one withdraws, of the same validity: it was wrong from the start. Null = none.</summary>
    public int? Replaces { get; init; }
    /// <summary>Decree or decision it rests on; empty where none is given.</summary>
    public string LegalRef { get; init; } = "";
    /// <summary>Lower-case hex SHA-256 over what was read, order and layout of the file aside. Equal hash, equal content.</summary>
    public string Hash { get; init; } = "";
    /// <summary>Where it was read.</summary>
    public ConfigPlace Origin { get; init; } = ConfigPlace.None;

    /// <summary>For messages: <c>"tn" version 2 (tariffs.json line 7)</c>.</summary>
    public sealed override string ToString() => $"\"{Id}\" version {Version} ({Origin})";
}
