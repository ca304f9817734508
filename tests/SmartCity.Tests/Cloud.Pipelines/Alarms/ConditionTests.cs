using CsCheck;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Pipelines.Alarms.Conditions;

namespace SmartCity.Tests.Cloud.Pipelines.Alarms;

/// <summary>What conditions mean, and what is said of those that cannot be.</summary>
public sealed class ConditionTests
{
    [Theory]
    [InlineData("a > 5", true)]
    [InlineData("a >= 10 and b < 3", true)]
    [InlineData("a > 50 or b = 2", true)]
    [InlineData("not (a > 50)", true)]
    [InlineData("a + b * 2 = 14", true)]
    [InlineData("(a + b) * 2 = 24", true)]
    [InlineData("-a < 0 and abs(-a) = 10", true)]
    [InlineData("mode = 'auto' and door", true)]
    [InlineData("mode != 'auto'", false)]
    [InlineData("a / (b - 2) > 1", null)]
    [InlineData("nothing > 1", null)]
    [InlineData("nothing > 1 or a > 5", true)]
    [InlineData("nothing > 1 and a > 50", false)]
    [InlineData("mode > 5", null)]
    [InlineData("{d/a} > 5 and {b} = 2", true)]
    [InlineData("{wind-speed} > 5", true)]
    [InlineData("2 AND 1", true)]
    [InlineData("1e1 = a", true)]
    public void A_condition_means_what_it_says(string condition, bool? expected)
    {
        // The rule begins to hold where the condition is true; its contrary where it is false; neither where it is unknown.
        Assert.Equal(expected == true, Holds(condition));
        Assert.Equal(expected == false, Holds($"not ({condition})"));
    }

    [Theory]
    [InlineData("", "is needed")]
    [InlineData("a >", "character 4: a value is missing")]
    [InlineData("a > 5 b", "character 7")]
    [InlineData("a > 5kg", "no number")]
    [InlineData("rat(a) > 1", "there is no function rat; known are rate")]
    [InlineData("rate(a, 5) > 1", "a span of time")]
    [InlineData("rate(a, 400d) > 1", "a span of time")]
    [InlineData("(a > 5", "\")\" is missing")]
    [InlineData("{a > 5", "closing }")]
    [InlineData("'a = 1", "closing '")]
    [InlineData("and > 1", "is not expected here")]
    [InlineData("neighbours({x/a}) > 1", "own device")]
    [InlineData("{/a} > 1", "{device/metric}")]
    public void What_cannot_be_read_is_said_with_its_place(string condition, string expected)
    {
        var error = Assert.Throws<ConditionException>(() => Condition.Parse(condition));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_condition_within_conditions_does_not_take_the_stack_away()
    {
        Assert.Throws<ConditionException>(() => Condition.Parse(new string('(', 1_000) + "a" + new string(')', 1_000)));
        Assert.Throws<ConditionException>(() => Condition.Parse(string.Concat(Enumerable.Repeat("not ", 499)) + "a"));
        Assert.Throws<ConditionException>(() => Condition.Parse(new string('-', 1_900) + "1"));
        Assert.Throws<ConditionException>(() => Condition.Parse(new string('a', 3_000)));
        Assert.Throws<ConditionException>(() => Condition.Parse(string.Join(" + ", Enumerable.Range(0, 40).Select(i => $"m{i}")) + " > 1"));
    }

    [Fact]
    public void Any_text_is_read_or_refused_and_never_more() =>
        Gen.OneOf<string>(Gen.String, Gen.OneOf("a", "(", ")", "and ", "or ", "not ", "> ", "5", "rate(", ",", "10m", "{", "}", "/", "'", "-", "nodata(", "silent()", "ا", "۵", "\0").Array[0, 30].Select(parts => string.Concat(parts))).Sample(text =>
        {
            try
            {
                Condition.Parse(text);
            }
            catch (ConditionException)
            {
                // Refused.
            }
        });

    [Fact]
    public void A_rate_is_change_a_second_over_the_window()
    {
        var city = new AlarmCity(AlarmCity.Rule("fast", "rate(level, 1m) > 0.9"));
        for (var i = 0; i < 10; i++)
        {
            city.Send(("d", "level", i));
            city.Pass(10);
        }
        Assert.Equal(AlarmState.Normal, city.StateOf("fast", "d"));
        for (var i = 0; i < 10; i++)
        {
            city.Send(("d", "level", 10 + (i * 10)));
            city.Pass(10);
        }
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("fast", "d"));
    }

    [Fact]
    public void Windows_have_a_mean_a_least_and_a_greatest()
    {
        var city = new AlarmCity(AlarmCity.Rule("all", "avg(a, 30s) = 5 and min(a, 30s) = 0 and max(a, 30s) = 10"));
        foreach (var value in new[] { 100, 0, 5, 10 })
        {
            city.Pass(15);
            city.Send(("d", "a", value));
        }
        city.Pass(1);
        Assert.Equal(AlarmState.Unacknowledged, city.StateOf("all", "d"));
    }

    private static bool Holds(string condition)
    {
        var city = new AlarmCity(AlarmCity.Rule("rule", condition) with { Scope = new AlarmScope { Devices = ["d"] } });
        city.Send(("d", "a", 10), ("d", "b", 2), ("d", "mode", "auto"), ("d", "door", true), ("d", "wind-speed", 9));
        city.Pass(2);
        return city.StateOf("rule", "d") == AlarmState.Unacknowledged;
    }
}
