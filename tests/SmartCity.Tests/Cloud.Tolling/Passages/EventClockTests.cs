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
    [InlineData(500_000, TollClock.Free, ClockVerdict.Device)] // they agree
    [InlineData(5_000_000, TollClock.Locked, ClockVerdict.Device)]
    [InlineData(5_000_000, TollClock.Holdover, ClockVerdict.Suspect)]
    [InlineData(5_000_000, TollClock.Free, ClockVerdict.Suspect)]
    public void A_gateway_whose_own_clock_is_not_trusted_is_no_witness(long apart, TollClock clock, ClockVerdict verdict) =>
        Assert.Equal(verdict, Judge(Device, Device + apart, clock, ReadingQuality.ClockNotTrusted).Verdict);

    [Theory]
    [InlineData(TollClock.Holdover, 500_000, ClockVerdict.Device)]
    [InlineData(TollClock.Holdover, 500_001, ClockVerdict.Gateway)]
    [InlineData(TollClock.Free, -500_001, ClockVerdict.Gateway)]
    [InlineData(TollClock.Free, 120_000_001, ClockVerdict.Suspect)]
    public void A_clock_without_reference_is_believed_for_a_shorter_time(TollClock clock, long apart, ClockVerdict verdict) =>
        Assert.Equal(verdict, Judge(Device, Device + apart, clock).Verdict);

    [Fact]
    public void A_time_that_was_replaced_is_suspect_though_both_agree() => Assert.Equal((Device, ClockVerdict.Suspect), Judge(Device, Device, quality: ReadingQuality.TimeReplaced));

    [Fact]
    public void The_ends_of_time_are_as_good_as_any()
    {
        Assert.Equal(ClockVerdict.Suspect, Judge(long.MinValue, long.MaxValue).Verdict);
        Assert.Equal(ClockVerdict.Suspect, Judge(long.MaxValue, long.MinValue).Verdict);
    }

    [Theory]
    [InlineData(3_600_000_000, TollClock.Locked, true)]
    [InlineData(2_000_001, TollClock.Locked, true)]
    [InlineData(2_000_000, TollClock.Locked, false)] // it was not late
    [InlineData(-3_600_000_000, TollClock.Locked, false)] // nothing comes before it happens
    [InlineData(3_600_000_000, TollClock.Holdover, false)]
    [InlineData(3_600_000_000, TollClock.Free, false)]
    public void A_locked_device_behind_its_gateway_may_have_waited_and_stands_at_either_time(long apart, TollClock clock, bool mayHaveWaited)
    {
        var e = Event(Device, Device + apart, clock);
        Assert.Equal(mayHaveWaited, EventClock.MayHaveWaited(e, CorrelationOptions.Default));
        Assert.Equal(mayHaveWaited ? [Device, Device + apart] : [EventClock.Judge(e, CorrelationOptions.Default).Time], EventClock.TimesOf(e, CorrelationOptions.Default));
    }

    private static TollEvent Event(long device, long gateway, TollClock clock = TollClock.Locked, ReadingQuality quality = ReadingQuality.Good) =>
        new("d", 1, 1, device, gateway, clock, "L1", TollEventKind.Avc, quality, "{}"u8.ToArray());

    private static (long Time, ClockVerdict Verdict) Judge(long device, long gateway, TollClock clock = TollClock.Locked, ReadingQuality quality = ReadingQuality.Good) =>
        EventClock.Judge(Event(device, gateway, clock, quality), CorrelationOptions.Default);
}
