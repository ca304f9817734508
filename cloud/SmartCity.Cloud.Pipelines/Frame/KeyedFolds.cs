namespace SmartCity.Cloud.Pipelines.Frame;

/// <summary>
/// A fold for each key, apart from the others: where one throws, its state is dropped and it begins anew, the others do not notice,
/// and the fault is counted with its key.
/// </summary>
/// <param name="create">Makes the fold of a key that is new.</param>
public sealed class KeyedFolds<TKey, TInput, TOutput>(Func<TKey, IFold<TInput, TOutput>> create) where TKey : notnull
{
    private readonly Dictionary<TKey, IFold<TInput, TOutput>> _folds = [];
    private readonly List<TKey> _broken = [];

    /// <summary>Faults since the start.</summary>
    public long Faults { get; private set; }

    /// <summary>The last fault's key and error; null before the first.</summary>
    public (TKey Key, Exception Error)? LastFault { get; private set; }

    /// <summary>The folds by key.</summary>
    public IReadOnlyDictionary<TKey, IFold<TInput, TOutput>> Folds => _folds;

    /// <summary>Applies an input to the fold of its key. Outputs of a step that throws are taken back.</summary>
    public void Apply(TKey key, TInput input, List<TOutput> outputs)
    {
        if (!_folds.TryGetValue(key, out var fold)) _folds.Add(key, fold = create(key));
        Guarded(key, outputs, () => fold.Apply(input, outputs));
        DropBroken();
    }

    /// <summary>Lets time pass for every key.</summary>
    public void Advance(long now, List<TOutput> outputs)
    {
        foreach (var (key, fold) in _folds) Guarded(key, outputs, () => fold.Advance(now, outputs));
        DropBroken();
    }

    /// <summary>Sets the fold of a key, e.g. one whose state was loaded.</summary>
    public void Set(TKey key, IFold<TInput, TOutput> fold) => _folds[key] = fold;

    /// <summary>Forgets all keys.</summary>
    public void Clear() => _folds.Clear();

    private void Guarded(TKey key, List<TOutput> outputs, Action step)
    {
        var before = outputs.Count;
        try
        {
            step();
        }
        catch (Exception error)
        {
            outputs.RemoveRange(before, outputs.Count - before);
            _broken.Add(key);
            Faults++;
            LastFault = (key, error);
        }
    }

    private void DropBroken()
    {
        foreach (var key in _broken) _folds.Remove(key);
        _broken.Clear();
    }
}
