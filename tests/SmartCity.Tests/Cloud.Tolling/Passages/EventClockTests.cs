using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

public sealed class EventClockTests
{
    private const long Device = 1_000_000_000;

    [Theory]
    [InlineData(0, ClockVerdict.Device)]
    [InlineData(2_000_000, ClockVerdict.Device)]
    [InlineData(-2_000_000, ClockVerdict.Device)]
    [InlineData(2_000_001, ClockVerdict.Gateway)]
    [InlineData(-2_000_001, ClockVerdict.Gateway)]
    [InlineData(120_000_000, ClockVerdict.Gateway)]
    [InlineData(120_000_001, ClockVerdict.Suspect)]
    [InlineData(-120_000_001, ClockVerdict.Suspect)]
    [InlineData(34_200_000_000, ClockVerdict.Suspect)] // half past nine hours, as it happened
    public void The_further_from_the_gateways_clock_the_less_is_believed(long apart, ClockVerdict verdict) =>
        Assert.Equal((verdict == ClockVerdict.Device ? Device : Device + apart, verdict), Judge(Device, Device + apart));

    [Theory]
    [InlineData(1_000_000, TollClock.Free, ClockVerdict.Device)] // they agree
    [InlineData(5_000_000, TollClock.Locked, ClockVerdict.Device)]
    [InlineData(5_000_000, TollClock.Holdover, ClockVerdict.Suspect)]
    [InlineData(5_000_000, TollClock.Free, ClockVerdict.Suspect)]
    public void A_gateway_whose_own_clock_is_not_trusted_is_no_witness(long apart, TollClock clock, ClockVerdict verdict) =>
        Assert.Equal(verdict, Judge(Device, Device + apart, clock, ReadingQuality.ClockNotTrusted).Verdict);

    [Fact]
    public void A_time_that_was_replaced_is_suspect_though_both_agree() => Assert.Equal((Device, ClockVerdict.Suspect), Judge(Device, Device, quality: ReadingQuality.TimeReplaced));

    [Fact]
    public void The_ends_of_time_are_as_good_as_any()
    {
        Assert.Equal(ClockVerdict.Suspect, Judge(long.MinValue, long.MaxValue).Verdict);
        Assert.Equal(ClockVerdict.Suspect, Judge(long.MaxValue, long.MinValue).Verdict);
    }

    private static (long Time, ClockVerdict Verdict) Judge(long device, long gateway, TollClock clock = TollClock.Locked, ReadingQuality quality = ReadingQuality.Good) =>
        EventClock.Judge(new TollEvent("d", 1, 1, device, gateway, clock, "L1", TollEventKind.Avc, quality, "{}"u8.ToArray()), CorrelationOptions.Default);
}
