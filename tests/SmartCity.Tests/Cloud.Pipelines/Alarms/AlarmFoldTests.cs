using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Pipelines.Alarms;

/// <summary>Alarms in virtual time: states, delays, suppression, telling, floods.</summary>
public sealed class AlarmFoldTests
{
    private static readonly AlarmRule _high = AlarmCity.Rule("high", "pm25 > 75") with { Clear = "pm25 < 60" };

    [Fact]
    public void An_alarm_is_raised_acknowledged_and_over()
    {
        var city = new AlarmCity(_high);
        Value(city, 80);
        Assert.Equal(["0 high d Raised Unacknowledged"], city.Story);
        city.Do(AlarmAction.Acknowledge, "high", "d", "on it");
        Assert.Equal(AlarmState.Acknowledged, city.StateOf("high", "d"));
        Value(city, 50);
        Assert.Equal(AlarmState.Normal, city.StateOf("high", "d"));
        Assert.Equal([AlarmChange.Raised, AlarmChange.Acknowledged, AlarmChange.Closed], city.Transitions.Select(one => one.Change));
        Assert.Equal("mina", city.Transitions.ElementAt(1).By);
    }

    [Fact]
    public void One_that_is_back_to_normal_waits_to_be_acknowledged()
    {
        var city = new AlarmCity(_high);
        Value(city, 80);
        Value(city, 50);
        Assert.Equal(AlarmState.Returned, city.StateOf("high", "d"));
        Value(city, 90);
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("high", "d"));
        Value(city, 50);
        city.Do(AlarmAction.Acknowledge, "high", "d");
        Assert.Equal(AlarmState.Normal, city.StateOf("high", "d"));
        Assert.Equal([AlarmChange.Raised, AlarmChange.Returned, AlarmChange.Reactivated, AlarmChange.Returned, AlarmChange.Acknowledged, AlarmChange.Closed], city.Transitions.Select(one => one.Change));
        Assert.Single(city.Transitions.Select(one => one.Alarm).Distinct());
    }

    [Fact]
    public void Between_both_conditions_it_holds_its_state()
    {
        var city = new AlarmCity(_high);
        foreach (var value in new[] { 70, 76, 70, 61, 74, 59.9, 70, 75 }) Value(city, value);
        Assert.Equal([AlarmChange.Raised, AlarmChange.Returned], city.Transitions.Select(one => one.Change));
    }

    [Fact]
    public void Delays_fall_due_at_their_own_time_though_nothing_comes()
    {
        var city = new AlarmCity(_high with { OnDelay = TimeSpan.FromSeconds(30), OffDelay = TimeSpan.FromSeconds(20), MinHold = TimeSpan.FromSeconds(100) });
        city.Send(("d", "pm25", 80));
        city.Pass(29);
        Assert.Empty(city.Story);
        city.Pass(60);
        Assert.Equal(["30 high d Raised Unacknowledged"], city.Story);
        city.Send(("d", "pm25", 10));
        city.Pass(100);
        // Raised at 30 s it lasts until 130 s, though its delay was over at 109 s.
        Assert.Equal("130 high d Returned Returned", city.Story.Last());
    }

    [Fact]
    public void A_condition_that_does_not_last_raises_nothing()
    {
        var city = new AlarmCity(_high with { OnDelay = TimeSpan.FromSeconds(30) });
        for (var i = 0; i < 20; i++)
        {
            Value(city, 80);
            city.Pass(20);
            Value(city, 70);
        }
        Assert.Empty(city.Story);
    }

    [Fact]
    public void A_rule_without_a_written_response_is_an_event()
    {
        var city = new AlarmCity(new AlarmRule { Id = "seen", When = "door" });
        city.Send(("d", "door", true));
        city.Pass(2);
        Assert.Equal(AlarmState.Event, city.StateOf("seen", "d"));
        city.Do(AlarmAction.Acknowledge, "seen", "d");
        city.Send(("d", "door", false));
        city.Pass(2);
        Assert.Equal([AlarmChange.Raised, AlarmChange.Closed], city.Transitions.Select(one => one.Change));
        Assert.All(city.Transitions, one => Assert.False(one.IsAnnounced));
        Assert.Contains("is an event", Assert.Throws<AlarmRulesException>(() => AlarmPlan.Of(new AlarmSettings { Channels = [AlarmCity.Channel("room")], Rules = [new AlarmRule { Id = "x", When = "a", Notify = [new AlarmStep { To = "room" }] }] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shelved_it_asks_nobody_until_its_time_is_over()
    {
        var city = new AlarmCity(_high with { Notify = [new AlarmStep { To = "room" }] });
        city.Send(("d", "pm25", 10));
        city.Pass(1);
        city.Do(AlarmAction.Shelve, "high", "d", "calibration", TimeSpan.FromMinutes(10));
        Value(city, 80);
        city.Pass(300);
        Assert.Equal(AlarmState.Shelved, city.StateOf("high", "d"));
        Assert.Empty(city.Notices);
        city.Pass(400);
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("high", "d"));
        var back = city.Transitions.Single(one => one.Change == AlarmChange.Unshelved);
        Assert.True(back.IsAnnounced);
        Assert.Equal((null, "expired"), (back.By, back.Note));
        Assert.Single(city.Notices);
    }

    [Fact]
    public void Shelved_once_it_is_back_when_the_alarm_has_ended()
    {
        var city = new AlarmCity(_high);
        Value(city, 80);
        city.Do(AlarmAction.Shelve, "high", "d", "known");
        Assert.Equal(AlarmState.Shelved, city.StateOf("high", "d"));
        Value(city, 50);
        Assert.Equal(AlarmState.Normal, city.StateOf("high", "d"));
        Value(city, 80);
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("high", "d"));
    }

    [Fact]
    public void Out_of_service_is_a_state_of_its_own()
    {
        var city = new AlarmCity(_high);
        city.Send(("d", "pm25", 10));
        city.Pass(1);
        city.Do(AlarmAction.RemoveFromService, "high", "d", "works in the street");
        Value(city, 80);
        Assert.Equal(AlarmState.OutOfService, city.StateOf("high", "d"));
        city.Do(AlarmAction.ReturnToService, "high", "d");
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("high", "d"));
        Assert.True(city.Transitions.Last().IsAnnounced);
    }

    [Fact]
    public void By_design_it_is_suppressed_by_its_own_condition_and_out_of_its_schedule()
    {
        var mode = _high with { SuppressWhen = "mode = 'maintenance'" };
        var city = new AlarmCity(mode);
        city.Send(("d", "mode", "maintenance"), ("d", "pm25", 80));
        city.Pass(2);
        Assert.Equal(AlarmState.Suppressed, city.StateOf("high", "d"));
        city.Send(("d", "mode", "normal"));
        city.Pass(2);
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("high", "d"));

        // 06:00 UTC is 09:30 in Tehran.
        var night = new AlarmCity(new AlarmSettings { Rules = [_high with { During = "night" }], Schedules = [new AlarmSchedule { Id = "night", From = new TimeOnly(22, 0), To = new TimeOnly(6, 0) }] });
        Value(night, 80);
        Assert.Equal(AlarmState.Suppressed, night.StateOf("high", "d"));
        night.Pass(TimeSpan.FromHours(12.6));
        Assert.Equal(AlarmState.Unacknowledged, night.StateOf("high", "d"));
        Assert.Equal($"{12.5 * 3600} high d Unsuppressed Unacknowledged", night.Story.Last());
    }

    [Fact]
    public void A_dead_gateway_is_one_alarm_and_inhibits_those_of_its_devices()
    {
        var city = new AlarmCity(
            AlarmCity.Rule("dead", "silent()") with { Scope = new AlarmScope { Gateways = true } }, AlarmCity.Rule("silent", "silent()"), AlarmCity.Rule("nodata", "nodata(pm25, 30s)"), _high);
        for (var i = 0; i < 10; i++)
        {
            for (var device = 0; device < 50; device++) city.Send(($"d{device}", "pm25", 10));
            city.Pass(10);
        }
        for (var i = 0; i < 90; i++) city.Pass(TimeSpan.FromSeconds(1), isGatewayHeard: false);
        city.Silence(null, true);
        city.Pass(TimeSpan.FromMinutes(30), isGatewayHeard: false);
        var raised = Assert.Single(city.Transitions, one => one.Change == AlarmChange.Raised);
        Assert.Equal(("dead", "gateway/g"), (raised.Rule, raised.Source));
        Assert.Equal(AlarmState.Suppressed, city.StateOf("nodata", "d7"));

        // It comes back: its devices have their whole time again, and the one that does not is missed.
        city.Silence(null, false);
        for (var i = 0; i < 10; i++)
        {
            for (var device = 1; device < 50; device++) city.Send(($"d{device}", "pm25", 10));
            city.Pass(10);
        }
        Assert.Equal(["dead gateway/g", "nodata d0"], city.Transitions.Where(one => one.Change == AlarmChange.Raised).Select(one => $"{one.Rule} {one.Source}"));
    }

    [Fact]
    public void A_device_without_data_is_missed_only_while_its_gateway_is_heard()
    {
        var city = new AlarmCity(AlarmCity.Rule("nodata", "nodata(pm25, 1m)"));
        city.Send(("d", "pm25", 10));
        city.Pass(TimeSpan.FromSeconds(120), isGatewayHeard: false);
        Assert.Empty(city.Story);
        // It has five seconds more for what its gateway kept.
        city.Pass(8);
        var raised = Assert.Single(city.Transitions);
        Assert.Equal(AlarmChange.Raised, raised.Change);
        Value(city, 10);
        Assert.Equal(AlarmState.Returned, city.StateOf("nodata", "d"));
    }

    [Fact]
    public void What_is_backfilled_or_old_raises_nothing()
    {
        var city = new AlarmCity(_high);
        city.Send(("d", "pm25", 10));
        city.Pass(10);
        city.Send(ReadingQuality.Backfilled, TimeSpan.Zero, AlarmCity.Gateway, ("d", "pm25", 500));
        city.Send(ReadingQuality.Good, TimeSpan.FromHours(3), AlarmCity.Gateway, ("d", "pm25", 500));
        city.Pass(60);
        Assert.Empty(city.Story);
        Assert.Equal(2, city.Fold.Late);
        city.Send(ReadingQuality.Good, TimeSpan.FromMinutes(1), AlarmCity.Gateway, ("e", "pm25", 500));
        city.Pass(2);
        Assert.Single(city.Transitions);
    }

    [Fact]
    public void One_that_comes_and_goes_is_held_as_one_until_it_is_quiet()
    {
        var city = new AlarmCity(_high with { Clear = null, Flap = new AlarmFlap(3, TimeSpan.FromMinutes(1)), Notify = [new AlarmStep { To = "room" }] });
        for (var i = 0; i < 100; i++) Value(city, i % 2 == 0 ? 80 : 70, 5);
        Assert.Equal(1, city.Transitions.Count(one => one.Change == AlarmChange.Unstable));
        Assert.Equal(3, city.Transitions.Count(one => one.Change is AlarmChange.Raised or AlarmChange.Reactivated));
        Assert.True(city.Notices.Count() <= 3);
        Assert.True(city.Fold.View("high", "d")!.IsUnstable);
        Value(city, 70, 70);
        Assert.Equal([AlarmChange.Stable, AlarmChange.Returned], city.Transitions.TakeLast(2).Select(one => one.Change));
    }

    [Fact]
    public void Escalation_stops_at_the_acknowledgement()
    {
        var rule = _high with { Notify = [new AlarmStep { To = "room" }, new AlarmStep { To = "chief", After = TimeSpan.FromMinutes(10) }, new AlarmStep { To = "chief", After = TimeSpan.FromMinutes(20) }] };
        var city = new AlarmCity(rule);
        Value(city, 80);
        city.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(["room 0", "chief 1"], city.Notices.Select(one => $"{one.Channel} {one.Step}"));
        city.Do(AlarmAction.Acknowledge, "high", "d");
        city.Pass(TimeSpan.FromMinutes(30));
        Assert.Equal(2, city.Notices.Count());
    }

    [Fact]
    public void What_is_held_back_is_told_in_one_message_when_there_is_room()
    {
        var city = new AlarmCity(new AlarmSettings { Rules = [_high with { Notify = [new AlarmStep { To = "room" }], NotifyPerHourMax = 2, Priority = AlarmPriority.High }], Channels = [AlarmCity.Channel("room")] });
        for (var i = 0; i < 50; i++)
        {
            city.Send(($"d{i}", "pm25", 80));
            city.Pass(1);
        }
        Assert.Equal(2, city.Notices.Count());
        city.Pass(TimeSpan.FromHours(2));
        var last = city.Notices.Last();
        Assert.Equal(3, city.Notices.Count());
        Assert.Equal((48, (string?)null), (last.Held, last.Source));
    }

    [Fact]
    public void A_flood_begins_above_ten_in_ten_minutes_and_ends_below_five()
    {
        var city = new AlarmCity(_high with { Notify = [new AlarmStep { To = "room" }], NotifyPerHourMax = 60 });
        for (var i = 0; i < 1_000; i++)
        {
            city.Send(($"d{i}", "pm25", 80));
            if (i % 100 == 99) city.Pass(1);
        }
        var begin = Assert.Single(city.Said.OfType<AlarmFlood>());
        Assert.True(begin.Begins);
        Assert.Equal(1, begin.First);
        Assert.True(city.Fold.IsFlood);
        Assert.Equal(10, city.Notices.Count());
        city.Pass(TimeSpan.FromMinutes(11));
        var end = city.Said.OfType<AlarmFlood>().Last();
        Assert.Equal((false, 1_000), (end.Begins, end.Alarms));
        var summary = city.Notices.Last();
        Assert.Equal((null, 990), (summary.Rule, summary.Held));
    }

    [Fact]
    public void Neighbours_show_a_sensor_that_drifts()
    {
        var places = Enumerable.Range(0, 6).Select(i => new Versioned<RegisteredDevice>(new RegisteredDevice($"t{i}", Position: new DevicePosition(35.7 + (i * 0.002), 51.4)), 1)).Append(new(new RegisteredDevice("far", Position: new DevicePosition(36.7, 51.4)), 1)).ToList();
        var city = new AlarmCity(new AlarmSettings { Rules = [AlarmCity.Rule("drift", "abs(temperature - neighbours(temperature)) > 5")] }, registry: new FixedRegistry { Devices = places });
        for (var step = 0; step < 20; step++)
        {
            for (var i = 0; i < 6; i++) city.Send(($"t{i}", "temperature", 20 + (i == 3 ? step * 0.5 : 0)));
            city.Send(("far", "temperature", 90));
            city.Pass(10);
        }
        Assert.Equal(["t3"], city.Transitions.Select(one => one.Source).Distinct());
    }

    [Fact]
    public void A_rule_of_several_devices_watches_those_it_names()
    {
        var city = new AlarmCity(AlarmCity.Rule("both", "{a/level} > 5 and {b/level} > 5") with { Scope = new AlarmScope { Devices = ["a"] } });
        city.Send(("a", "level", 9));
        city.Pass(2);
        city.Send(("b", "level", 9));
        city.Pass(2);
        var raised = Assert.Single(city.Transitions);
        Assert.Equal("a", raised.Source);
    }

    [Fact]
    public void Scopes_choose_devices_by_pattern_kind_and_area_and_follow_the_registry()
    {
        var registry = new FixedRegistry
        {
            Models = [new(new DeviceModel("m", "air", null, []), 1)], Sites = [new(new Site("s", null, "north/12", null), 1)],
            Devices = [new(new RegisteredDevice("air-1", "m", Site: "s"), 1), new(new RegisteredDevice("air-2", "m", Area: "south"), 1)],
        };
        var city = new AlarmCity(new AlarmSettings { Rules = [_high with { Scope = new AlarmScope { Devices = ["air-*"], Kind = "air", Area = "north" } }] }, registry: registry);
        foreach (var device in new[] { "air-1", "air-2", "water-1" }) city.Send((device, "pm25", 80), (device, "kind", "air"));
        city.Pass(2);
        Assert.Equal(["air-1"], city.Transitions.Select(one => one.Source));
        Assert.Equal("north/12", city.Transitions.Single().Area);
    }

    [Fact]
    public void Another_threshold_is_judged_at_once_and_a_rule_that_is_gone_ends_its_alarms()
    {
        var city = new AlarmCity(_high);
        Value(city, 70);
        Assert.Empty(city.Story);
        city.Change(_high with { When = "pm25 > 65" });
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("high", "d"));
        city.Change(_high with { When = "pm25 > 65", Name = "renamed" });
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("high", "d"));
        city.Change();
        Assert.Equal([AlarmChange.Raised, AlarmChange.RuleRemoved], city.Transitions.Select(one => one.Change));
    }

    [Fact]
    public void A_rule_that_is_always_true_is_one_alarm_for_ever()
    {
        var city = new AlarmCity(AlarmCity.Rule("always", "1 = 1") with { Scope = new AlarmScope { Devices = ["d"] }, Notify = [new AlarmStep { To = "room" }] });
        city.Send(("d", "pm25", 1));
        for (var i = 0; i < 100; i++) Value(city, i);
        Assert.Single(city.Transitions);
        Assert.Single(city.Notices);
    }

    [Fact]
    public void An_order_about_an_alarm_that_came_meanwhile_is_not_done()
    {
        var city = new AlarmCity(_high);
        Value(city, 80);
        city.Do(AlarmAction.Acknowledge, "high", "d", alarm: 7);
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("high", "d"));
        city.Do(AlarmAction.Acknowledge, "high", "d", alarm: 1);
        Assert.Equal(AlarmState.Acknowledged, city.StateOf("high", "d"));
        var said = city.Said.Count;
        city.Do(AlarmAction.Acknowledge, "high", "d", alarm: 1);
        Assert.Equal(said, city.Said.Count);
    }

    [Fact]
    public void All_that_is_wrong_with_rules_is_said_at_once()
    {
        var error = Assert.Throws<AlarmRulesException>(() => AlarmPlan.Of(new AlarmSettings
        {
            Rules =
            [
                new AlarmRule { Id = "a b", When = "pm25 >" }, new AlarmRule { Id = "twice", When = "x" }, new AlarmRule { Id = "twice", When = "x" }, AlarmCity.Rule("nowhere", "1 = 1"),
                AlarmCity.Rule("to", "x") with { Notify = [new AlarmStep { To = "rom" }], OnDelay = TimeSpan.FromDays(8), During = "nigth" },
            ],
            Channels = [AlarmCity.Channel("room"), new AlarmChannel { Id = "mail", Addresses = ["a@b\r\nBcc: all@city"] }, new AlarmChannel { Id = "hook", Kind = AlarmChannelKind.Webhook, Url = "file:///etc/passwd" }],
            Schedules = [new AlarmSchedule { Id = "zone", Zone = "Mars/Olympus" }],
        }));
        foreach (var expected in new[] { "an id has", "character 7", "another rule", "exactly one device", "no channel \"rom\"", "0s to 7d", "no schedule \"nigth\"", "no mail address", "http:// or https://", "no IANA zone" })
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static void Value(AlarmCity city, double value, int seconds = 2)
    {
        city.Send(("d", "pm25", value));
        city.Pass(seconds);
    }
}
