using System.Globalization;

namespace SmartCity.FirmwareSim.City;

/// <summary>How often the city's devices go wrong; each time is written to the truth file.</summary>
internal sealed record CityFaults
{
    /// <summary>A perfect city.</summary>
    public static CityFaults None { get; } = new() { Drift = 0, Clock = 0, Outage = 0, Duplicate = 0 };

    /// <summary>Share of devices whose first number drifts, by up to 5 % an hour. Default 0.03.</summary>
    public double Drift { get; init; } = 0.03;
    /// <summary>Share of devices whose clock is wrong: two hours ahead, at 1970, 40 s late, or missing. Default 0.01.</summary>
    public double Clock { get; init; } = 0.01;
    /// <summary>Outages of a device's link an hour, 10 to 120 s each. Default 0.2.</summary>
    public double Outage { get; init; } = 0.2;
    /// <summary>Share of messages that are sent twice. Default 0.002.</summary>
    public double Duplicate { get; init; } = 0.002;

    /// <summary>Reads <c>none</c>, or <c>drift=0.1,clock=0,outage=2,duplicate=0.01</c>; what is not named keeps its default.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? TryParse(string text, out CityFaults faults)
    {
        faults = new CityFaults();
        if (text == "none")
        {
            faults = None;
            return null;
        }
        foreach (var part in text.Split(','))
        {
            var (name, number) = part.Split('=', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : (part.Trim(), "");
            var most = name == "outage" ? 60 : 1;
            if (name is not ("drift" or "clock" or "outage" or "duplicate")) return $"{name} is no fault; drift, clock, outage and duplicate are, or none alone.";
            if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !(value >= 0 && value <= most)) return $"{part}: write {name}=X with X from 0 to {most}.";
            faults = name switch
            {
                "drift" => faults with { Drift = value },
                "clock" => faults with { Clock = value },
                "outage" => faults with { Outage = value },
                _ => faults with { Duplicate = value },
            };
        }
        return null;
    }
}

/// <summary>What is wrong with a device's clock.</summary>
internal enum ClockFault
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>Two hours ahead: the gateway's time stands in.</summary>
    Ahead,
    /// <summary>Never set, it counts from 1970: the gateway's time stands in.</summary>
    Epoch,
    /// <summary>40 s late, which nobody can notice.</summary>
    Late,
    /// <summary>No clock: the device sends no time.</summary>
    Missing,
}
