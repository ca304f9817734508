namespace SmartCity.Cloud.Tolling.Plates;

/// <summary>Region codes of Iranian car plates.</summary>
public static class PlateRegions
{
    private static readonly bool[] _exists = Codes();

    /// <summary>Whether a region has this code, 10–99.</summary>
    public static bool Exists(int code) => code is >= 0 and < 100 && _exists[code];

    private static bool[] Codes()
    {
        var exists = new bool[100];
        Array.Fill(exists, true, 10, 90);
        // Not given out.
        foreach (var code in (ReadOnlySpan<int>)[39, 50, 54, 60, 70, 80, 90]) exists[code] = false;
        return exists;
    }
}
