namespace SmartCity.Devices.Telemetry;

/// <summary>Knows which (boot, seq) of a device were kept already.</summary>
public interface IRepeatFilter
{
    /// <summary>
    /// Judges one element that carries <c>boot</c> and <c>seq</c>. Called in the order of the elements, and only once the whole payload is known to be
    /// well formed, so that what is remembered here is never taken back by the decoder.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="boot">Its start counter.</param>
    /// <param name="sequence">Its number within the start.</param>
    RepeatVerdict Judge(DeviceSeries device, ulong boot, ulong sequence);
}

/// <summary>What becomes of an element.</summary>
public enum RepeatVerdict : byte
{
    /// <summary>It is new: kept.</summary>
    Keep,
    /// <summary>It may be a repeat: kept with <see cref="Model.ReadingQuality.RepeatedSequence"/>.</summary>
    Flag,
    /// <summary>It was kept before: dropped, and counted in <see cref="PayloadOutcome.Repeated"/>.</summary>
    Drop,
}
