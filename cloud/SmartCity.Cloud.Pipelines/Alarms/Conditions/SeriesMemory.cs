using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms.Conditions;

/// <summary>What conditions remember of a series: its newest reading, and the readings of as long as they look back. A pure function of its readings.</summary>
internal sealed class SeriesMemory(SeriesKey key)
{
    /// <summary>Readings held at most; of a faster series the windows are shorter.</summary>
    private const int SamplesMax = 4_096;

    private readonly Queue<(long Time, double Number)> _samples = new();

    public SeriesKey Key { get; } = key;
    /// <summary>Event time of the newest reading, µs; 0 = none yet.</summary>
    public long Time { get; private set; }
    public ReadingQuality Quality { get; private set; }
    /// <summary>As a number; NaN for a text.</summary>
    public double Number { get; private set; } = double.NaN;
    public string? Text { get; private set; }
    /// <summary>How far conditions look back, µs.</summary>
    public long Window { get; set; }
    /// <summary>Alarms that depend on it.</summary>
    public List<AlarmPoint> Points { get; } = [];

    public bool IsKnown => Time != 0;

    public Operand Value => !IsKnown ? Operand.Unknown : Text is { } text ? Operand.Of(text) : Operand.Of(Number);

    /// <summary>Takes a reading that is not older than the newest.</summary>
    public void Take(long time, double number, string? text, ReadingQuality quality)
    {
        (Time, Number, Text, Quality) = (time, number, text, quality);
        if (Window == 0 || double.IsNaN(number)) return;
        _samples.Enqueue((time, number));
        while (_samples.Count > SamplesMax || (_samples.Count > 0 && _samples.Peek().Time < time - Window)) _samples.Dequeue();
    }

    /// <summary>Change a second over a window, from its oldest reading to its newest; unknown while there is one alone.</summary>
    public Operand Rate(long window)
    {
        foreach (var (time, number) in _samples)
        {
            if (time < Time - window) continue;
            return time == Time ? Operand.Unknown : Operand.Of((Number - number) * UnixMicros.PerSecond / (Time - time));
        }
        return Operand.Unknown;
    }

    /// <summary>Folds the readings of a window.</summary>
    public Operand Fold(long window, WindowFunction function)
    {
        var (count, sum, least, greatest) = (0, 0.0, double.PositiveInfinity, double.NegativeInfinity);
        foreach (var (time, number) in _samples)
        {
            if (time < Time - window) continue;
            (count, sum, least, greatest) = (count + 1, sum + number, Math.Min(least, number), Math.Max(greatest, number));
        }
        if (count == 0) return Operand.Unknown;
        return Operand.Of(function switch { WindowFunction.Average => sum / count, WindowFunction.Least => least, _ => greatest });
    }

    public void Save(BinaryWriter output)
    {
        output.Write(Key.Device);
        output.Write(Key.Metric);
        output.Write(Time);
        output.Write(Number);
        output.Write(Text is not null);
        if (Text is not null) output.Write(Text);
        output.Write((byte)Quality);
        output.Write(_samples.Count);
        foreach (var (time, number) in _samples)
        {
            output.Write(time);
            output.Write(number);
        }
    }

    public static SeriesMemory Load(BinaryReader input)
    {
        var memory = new SeriesMemory(new SeriesKey(input.ReadString(), input.ReadString())) { Time = input.ReadInt64(), Number = input.ReadDouble() };
        memory.Text = input.ReadBoolean() ? input.ReadString() : null;
        memory.Quality = (ReadingQuality)input.ReadByte();
        var count = input.ReadInt32();
        if (count is < 0 or > SamplesMax) throw new InvalidDataException("The state of the alarms names more readings than are held.");
        for (var i = 0; i < count; i++) memory._samples.Enqueue((input.ReadInt64(), input.ReadDouble()));
        return memory;
    }
}

/// <summary>What is made of the readings of a window.</summary>
internal enum WindowFunction
{
    Average,
    Least,
    Greatest,
}
