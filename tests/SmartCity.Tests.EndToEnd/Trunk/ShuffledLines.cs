namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>The lines of a file in another order, of a file of any size: they are dealt at random into parts that fit into memory, and each part is shuffled.</summary>
internal static class ShuffledLines
{
    private const long PartBytes = 16 << 20;

    /// <summary>Writes them.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">The file to write.</param>
    /// <param name="random">Decides the order; every order is as likely.</param>
    public static void Write(string from, string to, Random random)
    {
        var names = Enumerable.Range(0, (int)(new FileInfo(from).Length / PartBytes) + 1).Select(part => $"{to}.{part}").ToList();
        var parts = names.ConvertAll(name => new StreamWriter(name));
        foreach (var line in File.ReadLines(from)) parts[random.Next(parts.Count)].WriteLine(line);
        foreach (var part in parts) part.Dispose();
        using var shuffled = new StreamWriter(to);
        foreach (var name in names)
        {
            var lines = File.ReadAllLines(name);
            random.Shuffle(lines);
            foreach (var line in lines) shuffled.WriteLine(line);
            File.Delete(name);
        }
    }
}
