namespace SmartCity.FirmwareSim.City;

/// <summary>Chance that is the same for the same seed, place in the program and time, however often it is asked.</summary>
internal readonly struct Noise(ulong seed)
{
    /// <summary>The noise of something that has a name, e.g. a device.</summary>
    public Noise Of(string name)
    {
        var hash = seed ^ 0xCBF29CE484222325;
        foreach (var letter in name) hash = unchecked((hash ^ letter) * 0x100000001B3);
        return new Noise(Mixed(hash));
    }

    /// <summary>A constant, 0 to 1, of its own for each <paramref name="which"/>.</summary>
    public double Constant(int which) => Unit(which, long.MinValue);

    /// <summary>A wave without a jump, -1 to 1, that wanders in about <paramref name="periodSeconds"/>.</summary>
    public double Wave(int which, double seconds, double periodSeconds)
    {
        var at = seconds / periodSeconds;
        var before = (long)Math.Floor(at);
        var share = at - before;
        // The cosine takes the corners off the straight lines between the points.
        share = (1 - Math.Cos(Math.PI * share)) / 2;
        return 2 * (Unit(which, before) * (1 - share) + Unit(which, before + 1) * share) - 1;
    }

    /// <summary>Noise without memory, about normal, with a deviation of 1.</summary>
    public double White(int which, double seconds)
    {
        var at = (long)Math.Floor(seconds * 10);
        var sum = 0.0;
        for (var i = 0; i < 4; i++) sum += Unit(which * 4 + i + 1_000, at);
        return (sum - 2) * 1.732;
    }

    /// <summary>A seed for a generator of random numbers.</summary>
    public int Seed() => (int)(Mixed(seed) & int.MaxValue);

    private double Unit(int which, long at) => (Mixed(unchecked(seed + (ulong)which * 0x9E3779B97F4A7C15 ^ (ulong)at * 0xD6E8FEB86659FD93)) >> 11) * (1.0 / (1ul << 53));

    /// <summary>SplitMix64's finaliser: neighbours get numbers that have nothing to do with each other.</summary>
    private static ulong Mixed(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
