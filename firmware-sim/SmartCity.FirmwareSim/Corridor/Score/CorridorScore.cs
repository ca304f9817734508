using System.Text.Json;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Corridor.Score;

/// <summary>
/// Compares charges with the truth. They are matched by the passage's id, which both make of the toll point and the key of the classifier's event; nothing
/// is matched by likeness. Every difference gets one cause, and the causes add up to the difference in money.
/// </summary>
internal sealed class CorridorScore
{
    private readonly List<ScoredPassage> _passages = [];
    private readonly Dictionary<string, ScoredPassage> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ScoredPassage> _byGhost = new(StringComparer.Ordinal);
    private readonly StrayReads _strays = new();
    private readonly Dictionary<int, ScoredPassage> _entries = [];
    private readonly List<ChargeLine> _ghosts = [];

    private CorridorScore() { }

    /// <summary>Passages that were due.</summary>
    public int Passages => _passages.Count;
    /// <summary>What was due, rial.</summary>
    public long Due { get; private set; }
    /// <summary>What was charged, rial.</summary>
    public long Charged { get; private set; }
    /// <summary>All differences.</summary>
    public List<Difference> Differences { get; } = [];
    /// <summary>What the causes leave unexplained; 0 unless this is wrong.</summary>
    public long Residual => Charged - Due - Differences.Sum(one => one.Amount);
    /// <summary>Whether every difference is one of destroyed evidence.</summary>
    public bool IsExplained => Residual == 0 && Differences.TrueForAll(one => one.Cause == DifferenceCause.Destroyed);

    /// <summary>Compares.</summary>
    /// <exception cref="CommandException">A line cannot be read; the message names it.</exception>
    public static CorridorScore Compare(IEnumerable<string> charges, IEnumerable<string> truth)
    {
        var score = new CorridorScore();
        score.Take(truth);
        foreach (var charge in Lines(charges, "--score", ChargeLine.Read)) score.Take(charge);
        score.JudgeGhosts();
        foreach (var passage in score._passages)
            if (!passage.IsKnown) score.Add(passage, null, 0, passage.NoAnchor(), DifferenceCause.Missed, null, null);
        return score;
    }

    private void Take(IEnumerable<string> truth)
    {
        foreach (var one in Lines(truth, "--truth", PassageTruth.Read))
        {
            var passage = new ScoredPassage(one);
            Due += one.Net;
            if (one.Entry is not null && _entries.Remove(one.Drive, out var entry)) passage.EnteredBy = entry;
            else if (one.Net == 0) _entries[one.Drive] = passage;
            _passages.Add(passage);
            _strays.Add(one);
            if (passage.Id is { } id && !_byId.TryAdd(id, passage)) throw new CommandException(ExitCode.WrongUse, $"--truth: the passage {id} stands there twice; a truth is of one play.");
            if (passage.Ghost is { } ghost) _byGhost.Add(ghost, passage);
        }
    }

    private void Take(ChargeLine charge)
    {
        Charged += charge.Net;
        if (!_byId.TryGetValue(charge.Passage, out var passage))
        {
            if (charge.Net == 0) return;
            if (_byGhost.ContainsKey(charge.Passage)) _ghosts.Add(charge);
            else Differences.Add(new Difference(DifferenceCause.Orphan, 0, charge.Net) { Passage = charge.Passage, Point = charge.Point, Time = charge.Time, Found = charge.Account ?? charge.Plate, State = charge.State, Finding = charge.Finding });
            return;
        }
        if (passage.IsKnown)
        {
            if (charge.Net != 0) Differences.Add(new Difference(DifferenceCause.Double, 0, charge.Net) { Passage = charge.Passage, Point = charge.Point, Time = charge.Time, State = charge.State, Finding = charge.Finding });
            return;
        }
        passage.IsKnown = true;
        if (charge.Net != 0) Judge(passage, charge);
        // An entry costs nothing; what is not known of it shows at the exit.
        else if (passage.Net != 0) Add(passage, charge, 0, passage.NotCharged(_strays) ?? passage.NoWay(_strays), DifferenceCause.Missed, null, null);
    }

    private void Judge(ScoredPassage passage, ChargeLine charge)
    {
        var money = passage.Net;
        if (charge.Class != passage.Class)
        {
            Add(passage, charge, charge.Net, passage.OtherClass(charge.Class, _strays), DifferenceCause.WrongClass, passage.Class, charge.Class);
            money = charge.Net;
        }
        var isOtherAccount = charge.Account is not null && charge.Account != passage.Account;
        if (isOtherAccount || (charge.Plate is not null && charge.Plate != passage.Plate) || (charge.Account is null && charge.Plate is null))
        {
            var found = isOtherAccount ? charge.Account : charge.Plate;
            AddOf(passage, charge, money, charge.Net, passage.OtherVehicle(charge.Account, charge.Plate, _strays), DifferenceCause.WrongPlate, isOtherAccount ? passage.Account : passage.Plate, found);
            money = charge.Net;
        }
        if (charge.Net != money) Add(passage, charge, charge.Net, passage.NoWay(_strays), DifferenceCause.WrongAmount, null, null);
    }

    /// <summary>Of a vehicle taken for two, one half may be charged in place of the other, or to another vehicle that had lost its own; both to it are too much.</summary>
    private void JudgeGhosts()
    {
        foreach (var charge in _ghosts)
        {
            var passage = _byGhost[charge.Passage];
            var damage = passage.Split();
            var isOwn = charge.Plate == passage.Plate || (charge.Account is not null && charge.Account == passage.Account);
            var isInPlace = damage is not null && (!isOwn || Differences.Exists(one => one.Passage == passage.Id && one.Charged == 0));
            Differences.Add(new Difference(isInPlace ? DifferenceCause.Destroyed : DifferenceCause.Double, 0, charge.Net)
            {
                Passage = charge.Passage, Point = charge.Point, Time = charge.Time, State = charge.State, Finding = charge.Finding,
                Evidence = isInPlace ? damage!.Evidence : null, Fault = isInPlace ? damage!.Fault : null,
            });
        }
    }

    private void Add(ScoredPassage passage, ChargeLine? charge, long charged, Damage? damage, DifferenceCause otherwise, string? expected, string? found) =>
        AddOf(passage, charge, passage.Net, charged, damage, otherwise, expected, found);

    private void AddOf(ScoredPassage passage, ChargeLine? charge, long due, long charged, Damage? damage, DifferenceCause otherwise, string? expected, string? found) =>
        Differences.Add(new Difference(damage is null ? otherwise : DifferenceCause.Destroyed, due, charged)
        {
            Passage = passage.Id, Point = passage.Point, Time = passage.Time, Evidence = damage?.Evidence, Fault = damage?.Fault,
            Expected = expected, Found = found, State = charge?.State, Finding = charge?.Finding,
        });

    private static IEnumerable<T> Lines<T>(IEnumerable<string> lines, string file, Func<string, T> read)
    {
        var number = 0L;
        foreach (var line in lines)
        {
            number++;
            if (line.Length == 0) continue;
            T one;
            try
            {
                one = read(line);
            }
            catch (JsonException error)
            {
                throw new CommandException(ExitCode.WrongUse, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file}: line {number}: {error.Message}"));
            }
            yield return one;
        }
    }
}
