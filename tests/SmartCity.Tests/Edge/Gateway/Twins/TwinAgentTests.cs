using System.Text;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Devices.Twins;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Tests.Edge.Gateway.Twins;

/// <summary>A gateway's configuration is tried before it is kept; the time of a trial is a clock of the test.</summary>
public sealed class TwinAgentTests : IDisposable
{
    private const string First = """{"listen":{"mqttPort":2001}}""", Second = """{"listen":{"mqttPort":2002}}""";
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_configuration_is_in_force_at_once_and_kept_after_120_seconds_of_a_link_that_answers()
    {
        var agent = Agent();
        Desire(agent, 1, First);
        Assert.Equal(2001, agent.InForce.MqttPort);
        Assert.Equal((TwinState.Trial, 1UL), (agent.Standing.Outcome!.State, agent.Standing.InForce.Version));
        agent.Answered(agent.Standing.Number);
        Pass(agent, 119, isConnected: true);
        Assert.Equal(TwinState.Trial, agent.Standing.Outcome!.State);
        Pass(agent, 1, isConnected: true);
        Assert.Equal(TwinState.Applied, agent.Standing.Outcome!.State);
        Assert.Null(agent.Standing.TrialEnds);
        // What was kept is there after a start.
        Assert.Equal((2001, TwinState.Applied), (Agent().InForce.MqttPort, Agent().Standing.Outcome!.State));
    }

    [Theory]
    [InlineData(false, false, "Connection refused")]
    [InlineData(true, false, "the city did not answer its report")]
    public void One_under_which_the_city_does_not_answer_is_rolled_back_with_the_reason(bool isConnected, bool isAnswered, string reason)
    {
        var agent = Kept(First);
        Desire(agent, 2, Second);
        if (isAnswered) agent.Answered(agent.Standing.Number);
        Pass(agent, 126, isConnected, "Connection refused (city:8443)");
        Assert.Equal((2001, TwinState.RolledBack, 2UL), (agent.InForce.MqttPort, agent.Standing.Outcome!.State, agent.Standing.Outcome.Version));
        Assert.Contains(reason, agent.Standing.Outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(1UL, agent.Standing.InForce.Version);
        Assert.Equal(2001, Agent().InForce.MqttPort);
    }

    [Fact]
    public void An_answer_on_the_stream_before_speaks_for_nothing()
    {
        var agent = Kept(First);
        Desire(agent, 2, Second);
        agent.Answered(agent.Standing.Number);
        agent.Opened();
        Pass(agent, 126, isConnected: true);
        Assert.Equal(TwinState.RolledBack, agent.Standing.Outcome!.State);
    }

    [Fact]
    public void One_that_cut_the_gateway_off_is_not_tried_again_when_the_good_one_reaches_the_city_at_once()
    {
        var agent = Kept(First);
        Desire(agent, 2, Second);
        Pass(agent, 121, isConnected: false);
        Pass(agent, 3, isConnected: false);
        Desire(agent, 2, Second);
        Assert.Equal((2001, TwinState.RolledBack), (agent.InForce.MqttPort, agent.Standing.Outcome!.State));
        // Nor after a start, nor after a day.
        agent = Agent();
        _clock.Advance(TimeSpan.FromDays(1));
        Desire(agent, 2, Second);
        Assert.Equal(TwinState.RolledBack, agent.Standing.Outcome!.State);
        // A new version of it is a person's wish.
        Desire(agent, 4, Second);
        Assert.Equal(TwinState.Trial, agent.Standing.Outcome!.State);
    }

    [Fact]
    public void After_an_outage_in_which_the_good_one_did_not_reach_the_city_either_it_is_tried_again()
    {
        var agent = Kept(First);
        Desire(agent, 2, Second);
        Pass(agent, 600, isConnected: false);
        Assert.Equal(TwinState.RolledBack, agent.Standing.Outcome!.State);
        Desire(agent, 2, Second);
        Assert.Equal((TwinState.Trial, 2), (agent.Standing.Outcome!.State, agent.Standing.Outcome.Attempt));
        agent.Answered(agent.Standing.Number);
        Pass(agent, 120, isConnected: true);
        Assert.Equal((2002, TwinState.Applied), (agent.InForce.MqttPort, agent.Standing.Outcome!.State));
    }

    [Fact]
    public void The_same_content_is_nothing_to_do_under_whatever_version()
    {
        var agent = Kept(First);
        var changes = 0;
        agent.Changed += () => changes++;
        Desire(agent, 1, First);
        Desire(agent, 7, First);
        Assert.Equal((0, 7UL, TwinState.Applied), (changes, agent.Standing.InForce.Version, agent.Standing.Outcome!.State));
        Desire(agent, 8, "{}");
        Desire(agent, 9, First);
        // Back at what was good, it needs no trial.
        Assert.Equal((2, TwinState.Applied, 9UL), (changes, agent.Standing.Outcome!.State, agent.Standing.Outcome.Version));
    }

    [Fact]
    public void What_is_wrong_is_told_with_its_place_and_nothing_of_it_is_applied()
    {
        var agent = Kept(First);
        agent.Check = static twin => twin.MqttPort == 8081 ? [new TwinFault("/listen/mqttPort", "that is another's")] : [];
        Desire(agent, 2, """{"listen":{"mqttPort":70000},"lanes":{"toll":{"quotaBytes":1}},"x":1}""");
        Assert.Equal((2001, TwinState.Refused), (agent.InForce.MqttPort, agent.Standing.Outcome!.State));
        Assert.Equal(["/lanes/toll/quotaBytes", "/listen/mqttPort", "/x"], agent.Standing.Outcome.Faults!.Select(fault => fault.Pointer).Order(StringComparer.Ordinal));
        // What this box lacks is found before it is tried too.
        Desire(agent, 3, """{"listen":{"mqttPort":8081}}""");
        Assert.Equal((2001, "/listen/mqttPort"), (agent.InForce.MqttPort, Assert.Single(agent.Standing.Outcome!.Faults!).Pointer));
        // What came is not what was sent.
        agent.Desire(4, TwinJson.HashOf("{}"u8), Encoding.UTF8.GetBytes(Second));
        Assert.Equal((2001, TwinState.Refused), (agent.InForce.MqttPort, agent.Standing.Outcome!.State));
    }

    [Fact]
    public void One_on_trial_goes_on_while_a_wrong_one_is_refused()
    {
        var agent = Kept(First);
        Desire(agent, 2, Second);
        Desire(agent, 3, "{\"x\":1}");
        agent.Answered(agent.Standing.Number);
        Assert.Equal((2002, TwinState.Refused), (agent.InForce.MqttPort, agent.Standing.Outcome!.State));
        Pass(agent, 120, isConnected: true);
        Assert.Equal((2002, 2UL, TwinState.Refused), (Agent().InForce.MqttPort, agent.Standing.InForce.Version, agent.Standing.Outcome!.State));
    }

    [Fact]
    public void The_trial_of_a_process_that_was_killed_goes_on_with_what_is_left_of_it()
    {
        var agent = Kept(First);
        Desire(agent, 2, Second);
        Pass(agent, 100, isConnected: true);
        agent = Agent();
        Assert.Equal((2002, TimeSpan.FromSeconds(20)), (agent.InForce.MqttPort, agent.Standing.TrialEnds - _clock.GetUtcNow()));
        agent.Answered(agent.Standing.Number);
        Pass(agent, 20, isConnected: true);
        Assert.Equal(TwinState.Applied, agent.Standing.Outcome!.State);
    }

    [Fact]
    public void A_process_that_is_away_at_the_end_of_a_trial_rolls_it_back_and_tries_it_again()
    {
        Desire(Kept(First), 2, Second);
        _clock.Advance(TimeSpan.FromMinutes(3));
        var agent = Agent();
        Assert.Equal((2001, TwinState.RolledBack), (agent.InForce.MqttPort, agent.Standing.Outcome!.State));
        Desire(agent, 2, Second);
        Assert.Equal(TwinState.Trial, agent.Standing.Outcome!.State);
    }

    [Fact]
    public void One_under_which_the_gateway_ends_again_and_again_is_given_up()
    {
        Desire(Kept(First), 2, Second);
        for (var start = 2; start <= 4; start++) Assert.Equal(2002, Agent().InForce.MqttPort);
        var agent = Agent();
        Assert.Equal((2001, TwinState.RolledBack), (agent.InForce.MqttPort, agent.Standing.Outcome!.State));
        Assert.Contains("started 4 times", agent.Standing.Outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_stands_before_the_trial_began_gives_it_its_whole_time()
    {
        Desire(Kept(First), 2, Second);
        var boot = new FakeTimeProvider(new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var agent = new TwinAgent(_folder.Path, new TwinOptions(), boot);
        Assert.Equal((2002, TimeSpan.FromMinutes(2)), (agent.InForce.MqttPort, agent.Standing.TrialEnds - boot.GetUtcNow()));
    }

    [Fact]
    public void One_that_cannot_be_put_in_force_is_rolled_back_at_once_and_not_tried_again()
    {
        var agent = Kept(First);
        Desire(agent, 2, Second);
        agent.CannotApply("the port is another's");
        Assert.Equal((2001, TwinState.RolledBack, "the port is another's"), (agent.InForce.MqttPort, agent.Standing.Outcome!.State, agent.Standing.Outcome.Reason));
        _clock.Advance(TimeSpan.FromHours(1));
        Desire(agent, 2, Second);
        Assert.Equal(TwinState.RolledBack, agent.Standing.Outcome!.State);
    }

    [Fact]
    public void A_file_that_is_damaged_is_set_aside_and_the_own_settings_hold()
    {
        Kept(First);
        File.WriteAllText(_folder[TwinAgent.FileName], "{\"good\":");
        Assert.Null(Agent().InForce.MqttPort);
        Assert.True(File.Exists(_folder[TwinAgent.FileName + ".damaged"]));
    }

    [Fact]
    public void The_file_is_its_owner_s_alone()
    {
        Kept("""{"devices":{"a":{"password":"pbkdf2$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}}""");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder[TwinAgent.FileName]));
    }

    private TwinAgent Agent() => new(_folder.Path, new TwinOptions(), _clock);

    /// <summary>One under which a document was kept.</summary>
    private TwinAgent Kept(string document)
    {
        var agent = Agent();
        Desire(agent, 1, document);
        agent.Answered(agent.Standing.Number);
        Pass(agent, 120, isConnected: true);
        Assert.Equal(TwinState.Applied, agent.Standing.Outcome!.State);
        return agent;
    }

    private static void Desire(TwinAgent agent, ulong version, string document)
    {
        var bytes = Encoding.UTF8.GetBytes(document);
        agent.Desire(version, TwinJson.HashOf(bytes), bytes);
    }

    private void Pass(TwinAgent agent, int seconds, bool isConnected, string? lastError = null)
    {
        for (var second = 0; second < seconds; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            agent.Tick(isConnected, lastError);
        }
    }
}
