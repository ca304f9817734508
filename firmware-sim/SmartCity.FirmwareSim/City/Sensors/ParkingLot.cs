namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>A car park: free places, occupancy (%), whether it is full.</summary>
internal sealed class ParkingLot : Sensor
{
    public override string Kind => "parking";
    public override double Share => 0.14;
    public override TimeSpan Interval => TimeSpan.FromSeconds(20);

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        var places = 20 + Math.Floor(180 * own.Constant(0));
        var share = Math.Clamp(0.15 + 0.75 * now.Traffic + 0.2 * own.Wave(1, now.Seconds, 1_800), 0, 1);
        var free = Math.Round(places * (1 - share));
        output.Number("free"u8, free, 0);
        output.Number("occupancy"u8, 100 * (places - free) / places, 1);
        output.Flag("full"u8, free == 0);
    }
}
