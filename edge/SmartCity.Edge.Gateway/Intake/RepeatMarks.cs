using System.Buffers.Binary;
using System.Text;
using SmartCity.Devices.Telemetry;
using SmartCity.Edge.Spool;

namespace SmartCity.Edge.Gateway.Intake;

/// <summary>
/// Knows which (boot, seq) of each device were kept: the start counter, the greatest number and which of the 64 before it. Changes are committed as
/// marks of the spool with the readings they belong to, and taken back with them. Used under the intake's lock.
/// </summary>
internal sealed class RepeatMarks : IRepeatFilter
{
    private const int ValueBytes = 24;

    private readonly Dictionary<string, Mark> _marks = new(StringComparer.Ordinal);
    private Dictionary<string, Mark?> _changed = new(StringComparer.Ordinal);

    /// <summary>Takes on the marks that the spool keeps.</summary>
    public RepeatMarks(IEnumerable<KeyValuePair<byte[], byte[]>> saved)
    {
        foreach (var (key, value) in saved)
            if (value.Length == ValueBytes) _marks[Encoding.UTF8.GetString(key)] = Read(value);
    }

    /// <inheritdoc/>
    public RepeatVerdict Judge(DeviceSeries device, ulong boot, ulong sequence)
    {
        Mark? before = _marks.TryGetValue(device.Id, out var known) ? known : null;
        var (verdict, mark) = before is null || boot > known.Boot ? (RepeatVerdict.Keep, new Mark(boot, sequence, 0)) : Next(known, boot, sequence);
        if (verdict != RepeatVerdict.Keep) return verdict;
        _changed.TryAdd(device.Id, before);
        _marks[device.Id] = mark;
        return RepeatVerdict.Keep;
    }

    /// <summary>What changed since the last call, with what stood there before.</summary>
    public Dictionary<string, Mark?> TakeChanges()
    {
        var changed = _changed;
        _changed = new Dictionary<string, Mark?>(StringComparer.Ordinal);
        return changed;
    }

    /// <summary>Adds the marks as they are now of all devices in <paramref name="changes"/>.</summary>
    public void AddTo(SpoolTransaction transaction, Dictionary<string, Mark?> changes)
    {
        foreach (var device in changes.Keys)
        {
            var mark = _marks[device];
            var value = new byte[ValueBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(value, mark.Boot);
            BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(8), mark.Greatest);
            BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(16), mark.Before);
            transaction.Mark(Encoding.UTF8.GetBytes(device), value);
        }
    }

    /// <summary>Undoes changes that were not committed; the newest first.</summary>
    public void TakeBack(Dictionary<string, Mark?> changes)
    {
        foreach (var (device, before) in changes)
        {
            if (before is { } mark) _marks[device] = mark;
            else _marks.Remove(device);
        }
    }

    private static (RepeatVerdict, Mark) Next(Mark mark, ulong boot, ulong sequence)
    {
        // An earlier start than the last one, or a number long past: nothing is known of it.
        if (boot < mark.Boot) return (RepeatVerdict.Flag, mark);
        if (sequence > mark.Greatest)
        {
            var ahead = sequence - mark.Greatest;
            return (RepeatVerdict.Keep, mark with { Greatest = sequence, Before = ahead > 64 ? 0 : (ahead == 64 ? 0 : mark.Before << (int)ahead) | (1UL << (int)(ahead - 1)) });
        }
        if (sequence == mark.Greatest) return (RepeatVerdict.Drop, mark);
        var behind = mark.Greatest - sequence;
        if (behind > 64) return (RepeatVerdict.Flag, mark);
        var bit = 1UL << (int)(behind - 1);
        return (mark.Before & bit) != 0 ? (RepeatVerdict.Drop, mark) : (RepeatVerdict.Keep, mark with { Before = mark.Before | bit });
    }

    private static Mark Read(ReadOnlySpan<byte> value) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(value), BinaryPrimitives.ReadUInt64LittleEndian(value[8..]), BinaryPrimitives.ReadUInt64LittleEndian(value[16..]));

    /// <summary>What is known of one device.</summary>
    /// <param name="Boot">Its last start.</param>
    /// <param name="Greatest">Greatest number kept of it.</param>
    /// <param name="Before">Bit n: number <paramref name="Greatest"/> − 1 − n was kept.</param>
    internal readonly record struct Mark(ulong Boot, ulong Greatest, ulong Before);
}
