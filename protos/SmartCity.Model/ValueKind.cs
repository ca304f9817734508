namespace SmartCity.Model;

/// <summary>The type of a reading's value. A series keeps the kind of its first value.</summary>
public enum ValueKind : byte
{
    /// <summary>IEEE 754 double.</summary>
    Double = 0,
    /// <summary>Signed 64-bit integer; only where the device model says so.</summary>
    Int64 = 1,
    /// <summary>True or false.</summary>
    Bool = 2,
    /// <summary>UTF-8 text of at most 256 bytes.</summary>
    Text = 3,
}
