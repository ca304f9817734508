using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Edge.Spool;

namespace SmartCity.Tests.Edge.Spool;

/// <summary>The spool against a model of lists, under random work, refusals, expiry, reopening and kills, on virtual time. <c>SMARTCITY_SEEDS</c> asks for more.</summary>
public sealed class SpoolModelTests
{
    private static readonly int _seeds = int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_SEEDS"), out var seeds) ? seeds : 200;

    [Fact]
    public void Random_work_agrees_with_the_model()
    {
        for (var seed = 1; seed <= _seeds; seed++)
        {
            using var model = new Model(seed);
            try
            {
                model.Run(steps: 30);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Assert.Fail($"Seed {seed}, {model.Last}: {error}");
            }
        }
    }

    private sealed class Model : IDisposable
    {
        private const int Quota = 40_000;
        private readonly Random _random;
        private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
        private readonly Dictionary<byte, Lane> _lanes;
        private readonly List<(long Id, byte Lane, int Values)> _letters = [];
        private readonly List<string> _names = [];
        private readonly Dictionary<int, long> _marks = [];
        private readonly bool _expires;
        private SpoolFolder _folder = new(inMemory: true);
        private SmartCity.Edge.Spool.Spool _spool;
        private ulong _epoch;
        private long _lastLetter;

        public Model(int seed)
        {
            _random = new Random(seed);
            _expires = seed % 2 == 0;
            _lanes = new byte[] { 1, 2, 3 }.ToDictionary(lane => lane, _ => new Lane());
            _spool = Open();
            _epoch = _spool.Epoch;
        }

        public string Last { get; private set; } = "";

        public void Dispose()
        {
            _spool.Dispose();
            _folder.Dispose();
        }

        public void Run(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                _clock.Advance(TimeSpan.FromSeconds(_random.Next(1, 100_000)));
                Last = string.Create(CultureInfo.InvariantCulture, $"step {step}");
                switch (_random.Next(10))
                {
                    case 0: Reopen(killed: false); break;
                    case 1: Reopen(killed: true); break;
                    case 2: Discard(); break;
                    case 3: Prove(); break;
                    default: Commit(); break;
                }
                Compare();
            }
        }

        private SmartCity.Edge.Spool.Spool Open() => _folder.Open(new SpoolOptions
        {
            Folder = _folder.Path, ReserveBytes = 0, Clock = _clock, DeadLetterQuotaBytes = 4_000,
            Lanes = [new SpoolLane(1, Quota, _expires ? WhenFull.ExpireOldest : WhenFull.Refuse), new SpoolLane(2, Quota), new SpoolLane(3, Quota)],
        });

        private void Reopen(bool killed)
        {
            Last += killed ? ", killed" : ", reopened";
            var copy = killed ? _folder.CopyAsKilled() : null;
            _spool.Dispose();
            if (copy is not null)
            {
                _folder.Dispose();
                _folder = copy;
            }
            _spool = Open();
            Assert.Empty(_spool.Notes);
        }

        private void Prove()
        {
            _spool.Prove();
            foreach (var lane in _lanes) Assert.Equal(lane.Value.Next - 1, _spool.LastSent(lane.Key));
        }

        private void Discard()
        {
            if (_letters.Count == 0) return;
            var letter = _letters[_random.Next(_letters.Count)];
            Assert.Equal(1, _spool.DiscardDeadLetters(letter.Id));
            _letters.Remove(letter);
        }

        private void Commit()
        {
            var transaction = new SpoolTransaction();
            var then = new List<Action>();
            var appended = _lanes.ToDictionary(lane => lane.Key, _ => 0L);
            var released = new HashSet<byte>();
            var letterBytes = 0;
            for (var parts = _random.Next(1, 6); parts > 0; parts--)
            {
                var lane = (byte)_random.Next(1, 4);
                switch (_random.Next(8))
                {
                    case 0 when _lanes[lane].Entries.Count > 0 && appended.Values.All(bytes => bytes == 0) && released.Add(lane):
                        var entries = _lanes[lane].Entries;
                        var through = entries[_random.Next(entries.Count)].Last;
                        transaction.Release(_epoch, lane, through);
                        then.Insert(0, () => _lanes[lane].Release(through));
                        break;
                    case 1:
                        var payload = new byte[_random.Next(10, 600)];
                        var values = _random.Next(1, 4);
                        transaction.SetAside(new DeadLetter(0, lane, 5, "t"u8.ToArray(), 1, "why", values, payload));
                        letterBytes += payload.Length + 4 + SmartCity.Edge.Spool.Spool.RowOverheadBytes;
                        then.Add(() => _letters.Add((++_lastLetter, lane, values)));
                        then.Add(() => _lanes[lane].Letters += values);
                        break;
                    case 2:
                        var (key, mark) = (_random.Next(20), _random.NextInt64());
                        transaction.Mark(BitConverter.GetBytes(key), BitConverter.GetBytes(mark));
                        then.Add(() => _marks[key] = mark);
                        break;
                    case 3:
                        var repeats = _random.Next(1, 9);
                        transaction.CountSuperseded(lane, repeats);
                        then.Add(() => _lanes[lane].Superseded += repeats);
                        break;
                    default:
                        var columns = new byte[_random.Next(0, 6_000)];
                        _random.NextBytes(columns);
                        var count = _random.Next(1, 50);
                        transaction.Append(lane, count, 0, columns);
                        appended[lane] += columns.Length + SmartCity.Edge.Spool.Spool.RowOverheadBytes;
                        then.Add(() => _lanes[lane].Append(count, columns, _expires && lane == 1 ? Quota : long.MaxValue));
                        break;
                }
            }
            // A transaction is refused whole, by what is held before its releases.
            var letters = _letters.Sum(letter => LetterBytes(letter.Id));
            var refused = _lanes.Any(lane => !(_expires && lane.Key == 1) && appended[lane.Key] > 0 && lane.Value.Bytes + appended[lane.Key] > Quota) || (letterBytes > 0 && letters + letterBytes > 4_000);
            Last += refused ? ", refused" : ", committed";
            if (refused)
            {
                Assert.Throws<SpoolFullException>(() => _spool.Commit(transaction));
                return;
            }
            _spool.Commit(transaction);
            foreach (var change in then) change();
        }

        private long LetterBytes(long id) => _spool.DeadLetter(id) is { } letter ? letter.Payload.Length + letter.Topic.Length + letter.Reason.Length + SmartCity.Edge.Spool.Spool.RowOverheadBytes : 0;

        private void Compare()
        {
            Assert.Equal(_epoch, _spool.Epoch);
            foreach (var (number, lane) in _lanes)
            {
                var read = SpoolFolder.ReadAll(_spool, _epoch, number, lane.Released + 1);
                Assert.Equal(lane.Entries.Select(entry => (entry.First, entry.Last, entry.Columns is null)), read.Select(entry => (entry.First, entry.Last, entry.Gap is not null)));
                foreach (var (expected, entry) in lane.Entries.Zip(read))
                    Assert.True(expected.Columns is null ? entry.Gap == SpoolGap.Expired : expected.Columns.AsSpan().SequenceEqual(entry.Columns));
            }
            foreach (var now in _spool.Audit())
            {
                var lane = _lanes[now.Lane];
                Assert.Equal((lane.Accepted, lane.Stored, lane.Superseded, lane.Queued, lane.Letters, lane.Expired, 0, lane.Bytes),
                    (now.Accepted, now.Stored, now.Superseded, now.Queued, now.DeadLettered, now.Expired, now.Imbalance, now.Bytes));
            }
            Assert.Equal(_letters.Select(letter => letter.Id).Reverse(), _spool.DeadLetterHeads().Select(head => head.Id));
            Assert.Equal(_marks.OrderBy(mark => mark.Key), _spool.Marks().Select(mark => new KeyValuePair<int, long>(BitConverter.ToInt32(mark.Key), BitConverter.ToInt64(mark.Value))).OrderBy(mark => mark.Key));
        }
    }

    private sealed class Lane
    {
        public List<(long First, long Last, byte[]? Columns)> Entries { get; } = [];
        public long Next { get; private set; } = 1;
        public long Released { get; private set; }
        public long Stored { get; private set; }
        public long Expired { get; private set; }
        public long Superseded { get; set; }
        public long Letters { get; set; }
        public long Accepted => Next - 1 + Superseded + Letters;
        public long Queued => Entries.Where(entry => entry.Columns is not null).Sum(entry => entry.Last - entry.First + 1);
        public long Bytes => Entries.Where(entry => entry.Columns is not null).Sum(entry => entry.Columns!.Length + SmartCity.Edge.Spool.Spool.RowOverheadBytes);

        public void Append(int count, byte[] columns, long quota)
        {
            while (Bytes + columns.Length + SmartCity.Edge.Spool.Spool.RowOverheadBytes > quota && Queued > 0) ExpireOldest();
            Entries.Add((Next, Next + count - 1, columns));
            Next += count;
        }

        public void Release(long through)
        {
            Stored += Entries.Where(entry => entry.Last <= through && entry.Columns is not null).Sum(entry => entry.Last - entry.First + 1);
            Entries.RemoveAll(entry => entry.Last <= through);
            // A gap that goes on behind it is told from there on.
            if (Entries.Count > 0 && Entries[0].First <= through) Entries[0] = Entries[0] with { First = through + 1 };
            Released = Math.Max(Released, through);
        }

        private void ExpireOldest()
        {
            var at = Entries.FindIndex(entry => entry.Columns is not null);
            var oldest = Entries[at];
            Expired += oldest.Last - oldest.First + 1;
            Entries[at] = (oldest.First, oldest.Last, null);
            if (at == 0 || Entries[at - 1].Columns is not null) return;
            Entries[at - 1] = (Entries[at - 1].First, oldest.Last, null);
            Entries.RemoveAt(at);
        }
    }
}
