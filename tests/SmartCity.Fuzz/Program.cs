using System.Diagnostics;
using System.Globalization;
using System.Text;
using SharpFuzz;
using SmartCity.Fuzz;

// The program that tests/fuzz drives:
//   list                      names of the harnesses
//   prepare NAME FOLDER       writes seeds/ and words.dict for AFL++ into a folder
//   instrument FOLDER         makes the project's assemblies in a folder count their branches for AFL++
//   run NAME                  serves AFL++ (instrumented copy only)
//   replay NAME FILE…         runs files through a harness and says what each does
//   mutate NAME COUNT [SEED]  random changes without instrumentation, as in the unit tests
return args switch
{
    ["list"] => List(),
    ["prepare", var name, var folder] => Prepare(Harnesses.Make(name), folder),
    ["instrument", var folder] => Instrument(folder),
    ["run", var name] => Serve(name),
    ["replay", var name, .. var files] => Replay(Harnesses.Make(name), files),
    ["mutate", var name, var count, .. var seed] => Mutate(Harnesses.Make(name), int.Parse(count, CultureInfo.InvariantCulture), seed is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : 1),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("SmartCity.Fuzz list | prepare NAME FOLDER | instrument FOLDER | run NAME | replay NAME FILE… | mutate NAME COUNT [SEED]");
    return 2;
}

static int List()
{
    foreach (var name in Harnesses.Names) Console.WriteLine(name);
    return 0;
}

static int Prepare(IHarness harness, string folder)
{
    using var owned = harness as IDisposable;
    var seeds = Directory.CreateDirectory(Path.Combine(folder, "seeds")).FullName;
    var number = 0;
    foreach (var seed in harness.Seeds) File.WriteAllBytes(Path.Combine(seeds, $"seed-{++number:00}"), seed);
    foreach (var found in Harnesses.Found(harness.Name)) File.Copy(found, Path.Combine(seeds, Path.GetFileName(found)), true);
    var words = new StringBuilder();
    foreach (var word in harness.Words)
        words.Append('"').AppendJoin("", word.Select(letter => $"\\x{letter:X2}")).Append("\"\n");
    File.WriteAllText(Path.Combine(folder, "words.dict"), words.ToString());
    return 0;
}

static int Instrument(string folder)
{
    foreach (var file in Directory.EnumerateFiles(folder, "SmartCity.*.dll").Where(file => Path.GetFileName(file) is not ("SmartCity.Fuzz.dll" or "SmartCity.Protos.dll")))
    {
        try
        {
            // Generated registrations and pages are beside the point and cost map space.
            Fuzzer.Instrument(file, static type => !type.StartsWith("SmartCity.Cloud.Dashboards.", StringComparison.Ordinal), Options.Value);
        }
        catch (InstrumentationException error)
        {
            Console.Error.WriteLine($"{Path.GetFileName(file)}: {error.Message}");
        }
    }
    return 0;
}

static int Serve(string name)
{
    IHarness? harness = null;
    var buffer = new byte[1 << 20];
    Fuzzer.OutOfProcess.Run(stream =>
    {
        // Not before: instrumented code counts into memory that is there only now.
        harness ??= Harnesses.Make(name);
        var length = 0;
        while (stream.Read(buffer, length, buffer.Length - length) is var read and > 0) length += read;
        harness.Run(buffer.AsSpan(0, length));
    });
    return 0;
}

static int Replay(IHarness harness, string[] files)
{
    using var owned = harness as IDisposable;
    var failed = 0;
    foreach (var file in files)
    {
        try
        {
            harness.Run(File.ReadAllBytes(file));
            Console.WriteLine($"{file}: passes");
        }
        catch (Exception error)
        {
            failed++;
            Console.WriteLine($"{file}: {error}");
        }
    }
    return failed == 0 ? 0 : 1;
}

static int Mutate(IHarness harness, int count, int seed)
{
    using var owned = harness as IDisposable;
    var mutation = new Mutation([.. harness.Seeds, .. Harnesses.Found(harness.Name).Select(File.ReadAllBytes)], [.. harness.Words], seed);
    var begin = Stopwatch.GetTimestamp();
    for (var i = 0; i < count; i++)
    {
        var input = mutation.Next();
        try
        {
            harness.Run(input);
        }
        catch (Exception error)
        {
            var file = Path.GetFullPath($"{harness.Name}-{seed}-{i}");
            File.WriteAllBytes(file, input);
            Console.WriteLine($"{file}: {error}");
            return 1;
        }
    }
    Console.WriteLine($"{harness.Name}: {count} inputs, {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s, no finding");
    return 0;
}
