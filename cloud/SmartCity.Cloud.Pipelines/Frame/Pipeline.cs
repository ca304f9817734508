using System.Reactive.Concurrency;
using System.Reactive.Linq;
using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Frame;

/// <summary>Runs folds over observables of batches. Rx carries batches and time; one reading is never one notification.</summary>
public static class Pipeline
{
    /// <summary>
    /// Applies <paramref name="fold"/> to each input, and lets time pass for it every <paramref name="tick"/> of <paramref name="scheduler"/>.
    /// Steps run one after the other; a step that says nothing gives no list. Ends when the inputs end; an error of the fold ends it with that error
    /// (folds isolate their keys: <see cref="KeyedFolds{TKey, TInput, TOutput}"/>).
    /// </summary>
    public static IObservable<IReadOnlyList<TOutput>> Fold<TInput, TOutput>(this IObservable<TInput> inputs, IFold<TInput, TOutput> fold, TimeSpan tick, IScheduler scheduler)
    {
        var applied = inputs.Select(input => (Action<List<TOutput>>)(outputs => fold.Apply(input, outputs)));
        var advanced = Observable.Interval(tick, scheduler).Select(_ => (Action<List<TOutput>>)(outputs => fold.Advance(UnixMicros.From(scheduler.Now), outputs)));
        return applied.Select(step => (Step: step, IsLast: false)).Concat(Observable.Return((Step: (Action<List<TOutput>>)(_ => { }), IsLast: true)))
            .Merge(advanced.Select(step => (Step: step, IsLast: false)))
            .TakeUntil(step => step.IsLast)
            .Select(step =>
            {
                var outputs = new List<TOutput>();
                step.Step(outputs);
                return (IReadOnlyList<TOutput>)outputs;
            })
            .Where(outputs => outputs.Count > 0);
    }
}
