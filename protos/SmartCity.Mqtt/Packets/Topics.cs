using System.Buffers;

namespace SmartCity.Mqtt.Packets;

/// <summary>Topic names and filters, section 4.7.</summary>
internal static class Topics
{
    private static readonly SearchValues<byte> _wildcards = SearchValues.Create("+#"u8);

    public static bool HasWildcard(ReadOnlySpan<byte> topic) => topic.ContainsAny(_wildcards);

    /// <summary>Whether only the server itself may publish to a topic: section 4.7.2 leaves all that begin with $ to it.</summary>
    public static bool IsOfServer(ReadOnlySpan<byte> topic) => topic[0] == '$';

    /// <summary>Whether a topic name or filter keeps within the listener's limits.</summary>
    public static bool IsWithin(ReadOnlySpan<byte> topic, int bytesMax, int levelsMax) => topic.Length <= bytesMax && topic.Count((byte)'/') < levelsMax;

    /// <summary>Whether <paramref name="filter"/>, valid text, follows section 4.7.1: not empty, '+' alone in its level, '#' alone in the last.</summary>
    public static bool IsFilter(ReadOnlySpan<byte> filter)
    {
        if (filter.IsEmpty) return false;
        for (var i = 0; i < filter.Length; i++)
        {
            if (filter[i] is not ((byte)'+' or (byte)'#')) continue;
            var begins = i == 0 || filter[i - 1] == '/';
            var ends = i == filter.Length - 1 || (filter[i] == '+' && filter[i + 1] == '/');
            if (!begins || !ends) return false;
        }
        return true;
    }

    /// <summary>Whether <paramref name="filter"/> asks for a shared subscription, section 4.8.2.</summary>
    public static bool IsShared(ReadOnlySpan<byte> filter) => filter.StartsWith("$share/"u8);

    /// <summary>Whether a shared filter has a share name and a filter behind it.</summary>
    public static bool IsSharedFilter(ReadOnlySpan<byte> filter)
    {
        var rest = filter["$share/"u8.Length..];
        var slash = rest.IndexOf((byte)'/');
        return slash > 0 && !HasWildcard(rest[..slash]) && IsFilter(rest[(slash + 1)..]);
    }
}
