namespace SmartCity.Cloud.Tolling.Plates;

/// <summary>A number plate. Two are the same when country and canonical form are; compare those, ordinally.</summary>
/// <param name="Country">ISO 3166 alpha-2.</param>
/// <param name="Canonical">Logical order, digits 0–9 of ASCII, e.g. <c>12ب34567</c>: two digits, letter, three digits, region.</param>
/// <param name="Display">For people; in a plate's own order whatever surrounds it. Parses back to the same plate.</param>
/// <param name="Category">What kind of vehicle.</param>
public sealed record Plate(string Country, string Canonical, string Display, PlateCategory Category)
{
    /// <summary>ISO 3166 alpha-2.</summary>
    public string Country { get; } = Country;
    /// <summary>Logical order, digits 0–9 of ASCII.</summary>
    public string Canonical { get; } = Canonical;
    /// <summary><c>country:canonical</c>, the key under which a plate is looked up. Made once: plates are compared by it all the time.</summary>
    public string Key { get; } = $"{Country}:{Canonical}";

    /// <summary>The key, for logs and tests.</summary>
    public override string ToString() => Key;
}
