using System.Buffers.Binary;
using System.Text.Json;

namespace SmartCity.FirmwareSim.Load;

/// <summary>
/// What the generator attempted and what was acknowledged to it, in order: the witness against which a run is audited.
/// One line of JSON (<see cref="LoadJournalHeader"/>), then records of 24 bytes, little-endian: u8 kind (1 attempted, 2 acknowledged), 3 zero bytes,
/// i32 device, i64 sequence, i64 event time in µs.
/// </summary>
public sealed class LoadJournal : IDisposable
{
    private const int RecordBytes = 24;
    private readonly FileStream _file;
    private readonly byte[] _buffer = new byte[RecordBytes * 4096];
    private int _used;

    internal LoadJournal(string path, LoadJournalHeader header)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _file.Write(JsonSerializer.SerializeToUtf8Bytes(header));
        _file.WriteByte((byte)'\n');
    }

    internal void Attempted(int device, long sequence, long time) => Write(1, device, sequence, time);

    internal void Acknowledged(int device, long sequence, long time) => Write(2, device, sequence, time);

    /// <summary>Hands what is buffered to the system; it survives this process then.</summary>
    internal void Flush()
    {
        _file.Write(_buffer.AsSpan(0, _used));
        _used = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _file.Dispose();
    }

    /// <summary>Reads a journal; a last record that was cut off is left out.</summary>
    /// <exception cref="InvalidDataException">The file is no journal.</exception>
    public static (LoadJournalHeader Header, IEnumerable<LoadJournalRecord> Records) Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var line = bytes.AsSpan().IndexOf((byte)'\n');
        try
        {
            var header = line < 0 ? null : JsonSerializer.Deserialize<LoadJournalHeader>(bytes.AsSpan(0, line));
            return header is null ? throw new InvalidDataException($"{path} is no journal of the load generator: its first line is missing.") : (header, Records(bytes, line + 1));
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} is no journal of the load generator: {error.Message}", error);
        }
    }

    private static IEnumerable<LoadJournalRecord> Records(byte[] bytes, int start)
    {
        for (var at = start; at + RecordBytes <= bytes.Length; at += RecordBytes)
            yield return new LoadJournalRecord(bytes[at] == 2, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 4)),
                BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + 8)), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + 16)));
    }

    private void Write(byte kind, int device, long sequence, long time)
    {
        if (_used == _buffer.Length) Flush();
        var record = _buffer.AsSpan(_used, RecordBytes);
        BinaryPrimitives.WriteInt32LittleEndian(record, kind);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], device);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], time);
        _used += RecordBytes;
    }
}

/// <summary>What the records of a journal are about. A device's id is <paramref name="Prefix"/> and its number.</summary>
/// <param name="Prefix">First part of the device ids.</param>
/// <param name="Devices">How many there are, numbered from 0.</param>
/// <param name="Metrics">Names of the metrics of each message. The first one's value is the message's sequence number.</param>
/// <param name="Boot">Start counter that the devices sent.</param>
public sealed record LoadJournalHeader(string Prefix, int Devices, IReadOnlyList<string> Metrics, long Boot);

/// <summary>One record.</summary>
/// <param name="Acknowledged">The broker acknowledged it; otherwise it was handed to the network for the first time.</param>
/// <param name="Device">Number of the device.</param>
/// <param name="Sequence">The message's sequence number, from 1.</param>
/// <param name="Time">Its event time, µs since 1970 UTC; distinct for each message of a device.</param>
public readonly record struct LoadJournalRecord(bool Acknowledged, int Device, long Sequence, long Time);
