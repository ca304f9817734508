using System.Globalization;
using System.Text.Json;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace SmartCity.Benchmarks;

/// <summary>Holds the bytes that each benchmark allocates against those committed in <c>allocations.json</c>: times differ between machines, allocations do not.</summary>
internal static class AllocationBaselines
{
    /// <summary>Room for what the runtime itself allocates beside a benchmark, e.g. for a task's continuation that ran late.</summary>
    private const double Tolerance = 1.05;
    private const int SlackBytes = 64;

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Runs every benchmark of the assembly briefly and compares or writes.</summary>
    /// <returns>0 nothing allocates more than committed; 1 a benchmark failed; 3 one allocates more or has no baseline.</returns>
    public static int Run(bool update)
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(3);
        var config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddLogger(NullLogger.Instance)
            .AddColumnProvider(DefaultColumnProviders.Instance).WithOptions(ConfigOptions.DisableOptimizationsValidator);
        var reports = BenchmarkRunner.Run(typeof(AllocationBaselines).Assembly, config).SelectMany(summary => summary.Reports).ToList();
        if (reports.Count == 0 || reports.Any(report => !report.Success))
        {
            Console.Error.WriteLine($"These benchmarks failed: {string.Join(", ", reports.Where(report => !report.Success).Select(NameOf))}. Run them alone with --filter.");
            return 1;
        }
        var measured = new SortedDictionary<string, long>(reports.ToDictionary(NameOf, BytesOf), StringComparer.Ordinal);
        if (update)
        {
            File.WriteAllText(FilePath(), JsonSerializer.Serialize(measured, _indented) + "\n");
            Console.WriteLine($"Wrote {measured.Count} baselines to {FilePath()}.");
            return 0;
        }
        var committed = JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(FilePath()))!;
        var worse = 0;
        foreach (var (name, bytes) in measured)
        {
            var known = committed.TryGetValue(name, out var allowed);
            var bad = !known || bytes > (allowed * Tolerance) + SlackBytes;
            if (bad) worse++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(bad ? "MORE" : "ok"),-5}{bytes,12} B {(known ? $"committed {allowed} B" : "no baseline"),-24} {name}"));
        }
        return worse == 0 ? 0 : 3;
    }

    private static string NameOf(BenchmarkReport report)
    {
        var parameters = report.BenchmarkCase.Parameters.Count == 0 ? "" : $"({report.BenchmarkCase.Parameters.PrintInfo})";
        return $"{report.BenchmarkCase.Descriptor.Type.Name}.{report.BenchmarkCase.Descriptor.WorkloadMethod.Name}{parameters}";
    }

    private static long BytesOf(BenchmarkReport report) => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;

    private static string FilePath()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.sln"))) return Path.Combine(folder.FullName, "tests", "SmartCity.Benchmarks", "allocations.json");
        throw new InvalidOperationException("Run this from a checkout: allocations.json lies beside the benchmarks' source.");
    }
}
