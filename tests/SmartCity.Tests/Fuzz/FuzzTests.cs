using SmartCity.Fuzz;

namespace SmartCity.Tests.Fuzz;

/// <summary>The harnesses of tests/fuzz, run for a moment: their seeds, what was found before, and random changes of both. The same inputs every time.</summary>
public sealed class FuzzTests
{
    /// <summary>Harness and how many random changes it gets: the slow ones fewer, so that all together take seconds.</summary>
    public static TheoryData<string, int> All => new(Harnesses.Names.Select(name => (name, name switch { "settings" => 300, "mqtt-session" => 5_000, "telemetry" or "toll" => 10_000, _ => 20_000 })));

    [Theory]
    [MemberData(nameof(All))]
    public void Nothing_that_must_hold_is_broken_by_any_input(string name, int changes)
    {
        var harness = Harnesses.Make(name);
        using var owned = harness as IDisposable;
        var found = Harnesses.Found(name).Select(file => (Path.GetFileName(file), Bytes: File.ReadAllBytes(file))).ToArray();
        byte[][] seeds = [.. harness.Seeds];
        Assert.NotEmpty(seeds);
        foreach (var (file, bytes) in found) Run(harness, bytes, $"the found input {file}");
        for (var i = 0; i < seeds.Length; i++) Run(harness, seeds[i], $"seed {i + 1}");
        var mutation = new Mutation([.. seeds, .. found.Select(one => one.Bytes)], [.. harness.Words], seed: 1);
        for (var i = 0; i < changes; i++) Run(harness, mutation.Next(), $"change {i}");
    }

    private static void Run(IHarness harness, byte[] input, string what)
    {
        try
        {
            harness.Run(input);
        }
        catch (Exception error)
        {
            Assert.Fail($"{harness.Name}, {what}, base 64 {Convert.ToBase64String(input)}: {error}");
        }
    }
}
