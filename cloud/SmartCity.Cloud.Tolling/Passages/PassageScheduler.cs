using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>
/// Says when which windows are to be correlated: each once things are quiet, or after a longest wait. Derived and lossless: a window that something came
/// for always goes out, if need be before its time.
/// </summary>
/// <param name="schedule">The pace.</param>
/// <param name="options">Cells and margins.</param>
/// <param name="scheduler">Measures and waits; elapsed time alone counts, so that a jump of the wall clock changes nothing.</param>
public sealed class PassageScheduler(PassageSchedule schedule, CorrelationOptions options, IScheduler scheduler)
{
    private int _waiting;
    private long _early;

    /// <summary>Windows that wait, over all subscriptions.</summary>
    public int Waiting => Volatile.Read(ref _waiting);
    /// <summary>Windows that went before their time because too many waited: correlation is behind, or <see cref="PassageSchedule.WindowsMax"/> too small.</summary>
    public long Early => Interlocked.Read(ref _early);

    /// <summary>Turns arrivals into windows.</summary>
    /// <param name="arrivals">Arrivals as they are stored; on completion all that waits goes out.</param>
    /// <returns>Windows, one after the other, those due first first.</returns>
    public IObservable<DirtyWindow> Schedule(IObservable<TollArrivals> arrivals) => Observable.Create<DirtyWindow>(observer =>
    {
        var gate = new Lock();
        var windows = new WaitingWindows(schedule);
        var watch = scheduler.StartStopwatch();
        var timer = new SerialDisposable();
        var counted = 0;
        TimeSpan? timedFor = null;
        var subscription = arrivals.Subscribe(
            arrival =>
            {
                lock (gate)
                {
                    foreach (var window in CorrelationWindows.Dirty(arrival.Times, options)) windows.Note(new DirtyWindow(arrival.TollPoint, window), watch.Elapsed);
                    Go(watch.Elapsed);
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
                    Go(TimeSpan.MaxValue);
                    observer.OnCompleted();
                }
            });
        return new CompositeDisposable(subscription, timer, Disposable.Create(() =>
        {
            lock (gate) Count(0);
        }));

        void Go(TimeSpan now)
        {
            while (windows.TryTake(now, out var window, out var isEarly))
            {
                if (isEarly) Interlocked.Increment(ref _early);
                observer.OnNext(window);
            }
            Count(windows.Count);
            // A window that something comes for again is due later; the timer that was set for it then looks once in vain.
            if (windows.NextDue is not { } due || timedFor <= due) return;
            timedFor = due;
            var wait = due - watch.Elapsed;
            timer.Disposable = scheduler.Schedule(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, () =>
            {
                lock (gate)
                {
                    timedFor = null;
                    Go(watch.Elapsed);
                }
            });
        }

        void Count(int waiting)
        {
            Interlocked.Add(ref _waiting, waiting - counted);
            counted = waiting;
        }
    });
}
