namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>Counts what becomes of the rows of a file, in the order in which the kinds first come.</summary>
internal sealed class OutcomeCounts
{
    private readonly List<string> _order = [];
    private readonly Dictionary<string, (long Count, long Money)> _counts = new(StringComparer.Ordinal);

    public List<FileOutcome> All => [.. _order.Select(name => new FileOutcome(name, _counts[name].Count, _counts[name].Money))];

    public void Add(string name, long money, long count = 1)
    {
        if (_counts.TryGetValue(name, out var before)) _counts[name] = (before.Count + count, before.Money + money);
        else
        {
            _order.Add(name);
            _counts.Add(name, (count, money));
        }
    }
}
