using System.Text;

namespace SmartCity.Devices;

/// <summary>
/// What was rejected of one payload. Counts everything, but words only the first <see cref="WordedMax"/>, so that a hostile payload does not cost
/// a string for each of its values.
/// </summary>
internal sealed class RejectionList
{
    /// <summary>Rejections that get words.</summary>
    public const int WordedMax = 32;
    private const int ExcerptMax = 48;

    public List<Rejection> Worded { get; } = [];

    /// <summary>All rejections, worded or not.</summary>
    public int Count { get; private set; }

    public void Clear()
    {
        Worded.Clear();
        Count = 0;
    }

    /// <summary>Adds one.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="offset">Where.</param>
    /// <param name="element">In which element.</param>
    /// <param name="name">The member's name, as far as known.</param>
    /// <param name="value">The value as sent, of which an excerpt is shown.</param>
    /// <param name="what">What is wrong and what is expected.</param>
    public void Add(RejectReason reason, int offset, int element, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, string what)
    {
        Count++;
        if (Worded.Count == WordedMax) return;
        var text = new StringBuilder(RejectReasons.CodeOf(reason)).Append("@byte ").Append(offset);
        if (!name.IsEmpty) text.Append(' ').Append(Excerpt(name));
        text.Append(": ");
        if (!value.IsEmpty) text.Append(Excerpt(value)).Append(' ');
        Worded.Add(new Rejection(reason, offset, element, text.Append(what).ToString()));
    }

    /// <summary>Takes back everything after the first <paramref name="count"/>, of which <paramref name="worded"/> had words.</summary>
    public void Truncate(int count, int worded)
    {
        Count = count;
        Worded.RemoveRange(worded, Worded.Count - worded);
    }

    /// <summary>Takes back those of one element.</summary>
    /// <param name="element">The element.</param>
    /// <param name="count">How many it has.</param>
    public void RemoveElement(int element, int count)
    {
        Count -= count;
        Worded.RemoveAll(one => one.Element == element);
    }

    /// <summary>All lines, with a last one for those without words; empty if there is none.</summary>
    public string Describe()
    {
        var lines = string.Join('\n', Worded.Select(one => one.Text));
        return Count == Worded.Count ? lines : $"{lines}\nand {Count - Worded.Count} more";
    }

    /// <summary>Bytes as one line of printable text; what is no UTF-8 or a control character shows as U+FFFD.</summary>
    private static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, ExcerptMax)]).ToCharArray();
        for (var i = 0; i < text.Length; i++)
            if (char.IsControl(text[i])) text[i] = '\uFFFD';
        return bytes.Length > ExcerptMax ? new string(text) + "…" : new string(text);
    }
}
