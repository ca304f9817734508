namespace SmartCity.Fuzz;

/// <summary>One door through which bytes of strangers come in, and what must hold whatever they are. Not thread-safe.</summary>
public interface IHarness
{
    /// <summary>Name on the command line.</summary>
    string Name { get; }
    /// <summary>Valid and nearly valid inputs from which mutation begins.</summary>
    IEnumerable<byte[]> Seeds { get; }
    /// <summary>Words of the format, which mutation would be long in finding.</summary>
    IEnumerable<byte[]> Words { get; }

    /// <summary>Takes one input.</summary>
    /// <exception cref="FindingException">Something that must hold did not. Every other exception is a finding too.</exception>
    void Run(ReadOnlySpan<byte> input);
}

/// <summary>What must hold for every input did not hold for this one.</summary>
public sealed class FindingException(string message) : Exception(message);

/// <summary>Says what must hold.</summary>
internal static class Must
{
    public static void Hold(bool condition, string what)
    {
        if (!condition) throw new FindingException(what);
    }

    public static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new FindingException($"{what}: {expected} was expected, {actual} found");
    }

    /// <summary>Bounds what this thread has allocated since <paramref name="before"/>.</summary>
    public static void Allocate(long before, long bytesMax, string what)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > bytesMax) throw new FindingException($"{what} allocated {allocated} bytes; at most {bytesMax} are allowed");
    }
}
