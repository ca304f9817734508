namespace SmartCity.FirmwareSim.Corridor;

/// <summary>A vehicle of the simulated traffic, as it really is.</summary>
internal sealed record Vehicle
{
    /// <summary>Its number.</summary>
    public required int Number { get; init; }
    /// <summary>Its class.</summary>
    public required VehicleClass Class { get; init; }
    /// <summary>Its plate.</summary>
    public required NumberPlate Plate { get; init; }
    /// <summary>Whether its plate stands in the register, with its account.</summary>
    public required bool IsRegistered { get; init; }
    /// <summary>Its tags, the one whose account has its plate first; a second one is of another account.</summary>
    public required IReadOnlyList<VehicleTag> Tags { get; init; }
    /// <summary>The account that pays; null for one that nobody knows.</summary>
    public string? Account => IsRegistered ? Tags.Count > 0 ? Tags[0].Account : "P-" + Number.ToString("D7", System.Globalization.CultureInfo.InvariantCulture) : null;
}

/// <summary>A tag.</summary>
/// <param name="Issuer">Number of its issuer.</param>
/// <param name="Id">The tag.</param>
/// <param name="Account">Its account; null where it is its issuer's affair.</param>
/// <param name="Class">Class that it declares.</param>
internal sealed record VehicleTag(ulong Issuer, string Id, string? Account, VehicleClass Class)
{
    /// <summary><c>issuer:id</c>.</summary>
    public string Key => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Issuer}:{Id}");
}
