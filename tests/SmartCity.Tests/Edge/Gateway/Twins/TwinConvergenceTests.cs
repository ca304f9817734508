using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Devices.Twins;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Tests.Edge.Gateway.Twins;

/// <summary>Whatever comes in whatever order, in the end the newest configuration that works is in force, and what does not work is not.</summary>
public sealed class TwinConvergenceTests
{
    private enum What
    {
        PatchGood,
        PatchWrong,
        PatchThatCutsOff,
        Kill,
        Outage,
        Pass,
    }

    [Fact]
    public void Any_order_of_patches_kills_and_outages_ends_with_the_newest_that_works() =>
        Gen.Select(Gen.Enum<What>(), Gen.Int[1, 400]).List[1, 9].Sample(events =>
        {
            using var world = new World();
            foreach (var (what, seconds) in events) world.Do(what, seconds);
            world.Settle();
        }, iter: 100);

    /// <summary>A city, a link and a gateway whose process may end at any moment.</summary>
    private sealed class World : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero));
        private TwinAgent _agent;
        private ulong _version;
        private string _desired = "{}", _newestRight = "{}";
        private What _kind = What.PatchGood;
        private bool _isOpen, _hadTrouble, _hasNetwork = true;
        private int _sinceRollback = 1_000;

        public World() => _agent = Start();

        public void Do(What what, int seconds)
        {
            _hadTrouble |= what is What.Kill or What.Outage;
            switch (what)
            {
                case What.PatchGood or What.PatchWrong or What.PatchThatCutsOff:
                    _version++;
                    _kind = what;
                    _desired = what switch
                    {
                        What.PatchGood => $$$"""{"listen":{"mqttPort":{{{1_000 + (_version % 3)}}}}}""",
                        What.PatchWrong => $$$"""{"listen":{"mqttPort":{{{70_000 + _version}}}}}""",
                        _ => $$$$"""{"uplink":{"address":"https://nowhere-{{{{_version}}}}:8443"}}""",
                    };
                    if (_isOpen) Deliver();
                    break;
                case What.Kill:
                    _agent = Start();
                    _isOpen = false;
                    break;
                case What.Outage:
                    _hasNetwork = false;
                    Pass(seconds);
                    // A link that comes back by chance within seconds of a rollback is taken for the proof that the configuration was to blame.
                    while (_sinceRollback < 17) Pass(1);
                    _hasNetwork = true;
                    break;
                default:
                    Pass(seconds);
                    break;
            }
        }

        public void Settle()
        {
            Pass(1_500);
            var standing = _agent.Standing;
            var inForce = standing.InForce.Document;
            Assert.True(_isOpen, $"not connected; in force is {inForce}, {standing.Outcome}");
            Assert.Null(standing.TrialEnds);
            Assert.DoesNotContain("nowhere", inForce, StringComparison.Ordinal);
            if (_version == 0) return;
            Assert.Equal(_version, standing.Outcome!.Version);
            Assert.Equal(_kind switch { What.PatchGood => TwinState.Applied, What.PatchWrong => TwinState.Refused, _ => TwinState.RolledBack }, standing.Outcome.State);
            if (_kind == What.PatchGood) Assert.Equal(_desired, inForce);
            // One that lost its trial to the link is not tried again while the city wants a wrong one.
            if (_kind == What.PatchWrong && !_hadTrouble && _newestRight.Contains("listen", StringComparison.Ordinal)) Assert.Equal(_newestRight, inForce);
            // And so it stays after a start.
            Assert.Equal(inForce, Start().Standing.InForce.Document);
        }

        public void Dispose() => _folder.Dispose();

        private TwinAgent Start() => new(_folder.Path, new TwinOptions(), _clock);

        private void Deliver()
        {
            var bytes = Encoding.UTF8.GetBytes(_desired);
            _agent.Desire(_version, TwinJson.HashOf(bytes), bytes);
            if (_kind != What.PatchWrong) _newestRight = _desired;
            Look();
        }

        private void Pass(int seconds)
        {
            for (; seconds > 0; seconds--)
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
                Look();
                var before = _agent.Standing.Outcome?.State;
                _agent.Tick(_isOpen, "the link is gone");
                _sinceRollback = before != TwinState.RolledBack && _agent.Standing.Outcome?.State == TwinState.RolledBack ? 0 : _sinceRollback + 1;
            }
        }

        /// <summary>The link as it is under the configuration in force; a new stream brings the desired state, and takes the reports.</summary>
        private void Look()
        {
            var canBeOpen = _hasNetwork && _agent.InForce.UplinkAddress is null;
            if (canBeOpen && !_isOpen)
            {
                _isOpen = true;
                _agent.Opened();
                if (_version > 0) Deliver();
            }
            // Another address ends the stream before anything is said on it.
            _isOpen = _hasNetwork && _agent.InForce.UplinkAddress is null;
            if (_isOpen) _agent.Answered(_agent.Standing.Number);
        }
    }
}
