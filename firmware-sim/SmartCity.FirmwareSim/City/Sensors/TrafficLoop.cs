namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>An induction loop in a lane: vehicles a minute, mean speed (km/h), occupancy (%).</summary>
internal sealed class TrafficLoop : Sensor
{
    public override string Kind => "loop";
    public override double Share => 0.24;
    public override TimeSpan Interval => TimeSpan.FromSeconds(10);

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        var lane = 18 + 22 * own.Constant(0);
        var flow = Math.Max(0, lane * now.Traffic * (1 + 0.15 * own.Wave(1, now.Seconds, 600)) + 1.5 * own.White(2, now.Seconds));
        var free = 45 + 45 * own.Constant(3);
        var load = flow / lane;
        var speed = Math.Clamp(free * (1 - 0.55 * load * load) + 3 * own.White(4, now.Seconds), 3, 130);
        output.Number("flow"u8, flow, 0);
        output.Number("speed"u8, speed, 1);
        output.Number("occupancy"u8, Math.Clamp(flow * 60 / speed * 0.7, 0, 100), 1);
    }
}
