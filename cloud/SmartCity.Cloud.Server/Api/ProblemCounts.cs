using System.Collections.Concurrent;
using SmartCity.Cloud.Dashboards.Problems;

namespace SmartCity.Cloud.Server.Api;

/// <summary>How many requests were answered with which kind of problem since the start.</summary>
internal sealed class ProblemCounts
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>By code.</summary>
    public IEnumerable<(string Code, double Count)> All => _counts.Select(count => (count.Key, (double)count.Value));

    /// <summary>Counts one.</summary>
    public void Add(ProblemKind kind) => _counts.AddOrUpdate(kind.Code, 1, (_, count) => count + 1);
}
