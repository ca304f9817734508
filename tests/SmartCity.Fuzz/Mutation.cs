namespace SmartCity.Fuzz;

/// <summary>Changes inputs at random, repeatably: for the quick run inside the unit tests, where nothing is instrumented.</summary>
/// <param name="pool">What to begin from; at least one.</param>
/// <param name="words">Words of the format.</param>
/// <param name="seed">The same seed makes the same inputs.</param>
public sealed class Mutation(IReadOnlyList<byte[]> pool, IReadOnlyList<byte[]> words, int seed)
{
    private const int BytesMax = 4_096;
    private static readonly byte[] _telling = [0, 1, 0x7F, 0x80, 0xFF, (byte)'"', (byte)'\\', (byte)'{', (byte)'[', (byte)'0', (byte)'-', (byte)'.'];

    private readonly Random _random = new(seed);
    private readonly List<byte> _bytes = [];

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        _bytes.Clear();
        _bytes.AddRange(pool[_random.Next(pool.Count)]);
        for (var changes = 1 << _random.Next(4); changes > 0; changes--) Change();
        if (_bytes.Count > BytesMax) _bytes.RemoveRange(BytesMax, _bytes.Count - BytesMax);
        return [.. _bytes];
    }

    private void Change()
    {
        var at = _bytes.Count == 0 ? 0 : _random.Next(_bytes.Count);
        var length = Math.Min(1 + _random.Next(1 + _random.Next(32)), _bytes.Count - at);
        switch (_random.Next(9))
        {
            case 0 when _bytes.Count > 0:
                _bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when _bytes.Count > 0:
                _bytes[at] = (byte)_random.Next(256);
                break;
            case 2 when _bytes.Count > 0:
                _bytes[at] = _telling[_random.Next(_telling.Length)];
                break;
            case 3:
                _bytes.Insert(at, _telling[_random.Next(_telling.Length)]);
                break;
            case 4 when length > 0:
                _bytes.RemoveRange(at, length);
                break;
            case 5 when length > 0:
                _bytes.InsertRange(at, _bytes.GetRange(at, length));
                break;
            case 6 when words.Count > 0:
                _bytes.InsertRange(at, words[_random.Next(words.Count)]);
                break;
            case 7 when words.Count > 0 && length > 0:
                var word = words[_random.Next(words.Count)];
                _bytes.RemoveRange(at, Math.Min(word.Length, _bytes.Count - at));
                _bytes.InsertRange(at, word);
                break;
            default:
                var other = pool[_random.Next(pool.Count)];
                var from = _random.Next(other.Length + 1);
                _bytes.InsertRange(at, other.AsSpan(from, _random.Next(other.Length - from + 1)).ToArray());
                break;
        }
    }
}
