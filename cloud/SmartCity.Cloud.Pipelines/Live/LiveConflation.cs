using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Live;

/// <summary>Readings as a person can follow them: the newest of each series, at once when it has been quiet, else at a steady pace.</summary>
public static class LiveConflation
{
    /// <summary>
    /// Turns batches as they come into frames with at most one reading a series. The first reading after a pause goes out at once, later ones
    /// at most once in <see cref="ConflationOptions.SeriesInterval"/>; the newest by event time wins, and the last one always goes out.
    /// </summary>
    /// <param name="source">Batches; each is read during the call only. Series are numbers from 0.</param>
    /// <param name="options">The pace.</param>
    /// <param name="scheduler">Measures and waits; elapsed time alone counts, so that a jump of the wall clock changes nothing.</param>
    /// <returns>Frames, one after the other; each is valid during the call only.</returns>
    public static IObservable<ReadingBatch> Conflate(this IObservable<ReadingBatch> source, ConflationOptions options, IScheduler scheduler) =>
        Observable.Create<ReadingBatch>(observer =>
        {
            var gate = new Lock();
            var series = new SeriesConflation(options);
            var frame = new ReadingBatch();
            var watch = scheduler.StartStopwatch();
            var timer = new SerialDisposable();
            var waiting = false;
            var subscription = source.Subscribe(
                batch =>
                {
                    lock (gate)
                    {
                        series.Fold(batch, watch.Elapsed);
                        Go();
                    }
                },
                error =>
                {
                    lock (gate) observer.OnError(error);
                },
                () =>
                {
                    lock (gate)
                    {
                        series.TakeAll(frame);
                        if (frame.Count > 0) observer.OnNext(frame);
                        observer.OnCompleted();
                    }
                });
            return new CompositeDisposable(subscription, timer);

            void Go()
            {
                if (series.TryTake(frame, watch.Elapsed)) observer.OnNext(frame);
                if (waiting || series.NextDue is not { } due) return;
                waiting = true;
                var wait = due - watch.Elapsed;
                timer.Disposable = scheduler.Schedule(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, () =>
                {
                    lock (gate)
                    {
                        waiting = false;
                        Go();
                    }
                });
            }
        });
}
