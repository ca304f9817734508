using System.Buffers;

namespace SmartCity.Cloud.Pipelines.Frame;

/// <summary>
/// A stateful consumer without I/O and without a clock: (state, input) → (state, outputs). Its owner saves the state with the log offset in
/// one transaction, so that after a crash the same inputs give the same outputs again. Not thread-safe; <see cref="Pipeline"/> calls it in order.
/// </summary>
/// <typeparam name="TInput">What it takes, a batch at a time.</typeparam>
/// <typeparam name="TOutput">What it says.</typeparam>
public interface IFold<in TInput, TOutput>
{
    /// <summary>Takes an input and adds what follows from it to <paramref name="outputs"/>.</summary>
    void Apply(TInput input, ICollection<TOutput> outputs);

    /// <summary>Time has passed: adds what follows from nothing having come.</summary>
    /// <param name="now">µs since 1970 UTC.</param>
    /// <param name="outputs">Taken on.</param>
    void Advance(long now, ICollection<TOutput> outputs);

    /// <summary>Writes the state.</summary>
    void Save(IBufferWriter<byte> output);

    /// <summary>Takes on a state that <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is no such state; the fold is unchanged.</exception>
    void Load(ReadOnlySpan<byte> state);
}
