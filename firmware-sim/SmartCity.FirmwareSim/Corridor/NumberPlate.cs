namespace SmartCity.FirmwareSim.Corridor;

/// <summary>The plate that a vehicle really carries.</summary>
/// <param name="Country">ISO 3166 alpha-2.</param>
/// <param name="Text">Logical order, digits of ASCII, capitals, no spaces, e.g. <c>12ب34567</c>.</param>
/// <param name="Kind">What kind of plate.</param>
internal sealed record NumberPlate(string Country, string Text, PlateKind Kind)
{
    /// <summary><c>country:text</c>.</summary>
    public string Key => $"{Country}:{Text}";
}

/// <summary>Kinds of plates.</summary>
internal enum PlateKind
{
    /// <summary>Two digits, letter, three digits, region.</summary>
    Car,
    /// <summary>Eight digits.</summary>
    Motorcycle,
    /// <summary>With D or S.</summary>
    Diplomatic,
    /// <summary>تاریخی and five digits.</summary>
    Historic,
    /// <summary>Of another country.</summary>
    Foreign,
}
