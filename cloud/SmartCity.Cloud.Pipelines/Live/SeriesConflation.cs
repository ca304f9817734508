using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Live;

/// <summary>
/// The newest reading of each series and when it may go out. Allocates only while new series come. Not thread-safe.
/// Series that have to wait lie in a ring of frames, so that a fold costs the same however many wait.
/// </summary>
internal sealed class SeriesConflation
{
    private readonly TimeSpan _interval;
    private readonly TimeSpan _frame;
    private readonly List<int> _ready = [];
    private readonly List<int>[] _ring;
    private Newest[] _newest = new Newest[1024];
    private long _tick;
    private int _inRing;
    private TimeSpan _lastFrame = TimeSpan.MinValue;

    public SeriesConflation(ConflationOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.FrameInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SeriesInterval, options.FrameInterval);
        (_interval, _frame) = (options.SeriesInterval, options.FrameInterval);
        _ring = new List<int>[(int)(_interval / _frame) + 2];
        for (var i = 0; i < _ring.Length; i++) _ring[i] = [];
    }

    /// <summary>When the next frame is due; null where nothing waits.</summary>
    public TimeSpan? NextDue =>
        _ready.Count > 0 ? (_lastFrame == TimeSpan.MinValue ? TimeSpan.Zero : _lastFrame + _frame)
        : _inRing > 0 ? (_tick + 1) * _frame
        : null;

    public void Fold(ReadingBatch batch, TimeSpan now)
    {
        Turn(now);
        for (var i = 0; i < batch.Count; i++)
        {
            var number = batch.Series[i];
            if (number >= _newest.Length) Array.Resize(ref _newest, Math.Max(number + 1, _newest.Length * 2));
            ref var newest = ref _newest[number];
            // Late readings are history, not live.
            if (newest.Known && batch.Time[i] < newest.Time) continue;
            newest.Set(batch, i);
            if (newest.Waits) continue;
            newest.Waits = true;
            if (newest.NotBefore <= now) _ready.Add(number);
            else Wait(number, newest.NotBefore);
        }
    }

    /// <summary>Fills <paramref name="frame"/> with what is due; false where nothing is, or the last frame is too young.</summary>
    public bool TryTake(ReadingBatch frame, TimeSpan now)
    {
        Turn(now);
        frame.Clear();
        if (_ready.Count == 0 || (_lastFrame != TimeSpan.MinValue && now < _lastFrame + _frame)) return false;
        _lastFrame = now;
        foreach (var number in _ready)
        {
            ref var newest = ref _newest[number];
            newest.AddTo(frame, number);
            newest.Waits = false;
            newest.NotBefore = now + _interval;
        }
        _ready.Clear();
        return true;
    }

    /// <summary>Fills <paramref name="frame"/> with everything that waits.</summary>
    public void TakeAll(ReadingBatch frame)
    {
        frame.Clear();
        foreach (var slot in _ring)
        {
            _ready.AddRange(slot);
            slot.Clear();
        }
        _inRing = 0;
        foreach (var number in _ready) _newest[number].AddTo(frame, number);
        _ready.Clear();
    }

    private void Wait(int number, TimeSpan due)
    {
        // Rounded up: never earlier than due.
        var tick = (due.Ticks + _frame.Ticks - 1) / _frame.Ticks;
        _ring[tick % _ring.Length].Add(number);
        _inRing++;
    }

    /// <summary>Moves on to now; what has come due is ready.</summary>
    private void Turn(TimeSpan now)
    {
        var tick = now.Ticks / _frame.Ticks;
        for (var step = Math.Min(tick - _tick, _ring.Length); step > 0; step--)
        {
            var slot = _ring[(tick - step + 1) % _ring.Length];
            _inRing -= slot.Count;
            _ready.AddRange(slot);
            slot.Clear();
        }
        _tick = tick;
    }

    private struct Newest
    {
        public bool Known;
        public bool Waits;
        /// <summary>When the next one may go out; zero, the watch's start, for a series that never did.</summary>
        public TimeSpan NotBefore;
        public long Time;
        private long _received;
        private long _bits;
        private byte[]? _text;
        private int _textLength;
        private ValueKind _kind;
        private ReadingQuality _quality;

        public void Set(ReadingBatch batch, int i)
        {
            (Known, Time, _received, _kind, _bits, _quality) = (true, batch.Time[i], batch.Received[i], batch.Kind[i], batch.Bits[i], batch.Quality[i]);
            if (_kind != ValueKind.Text) return;
            var text = batch.TextAt(i);
            if (_text is null || _text.Length < text.Length) _text = new byte[Math.Max(16, text.Length)];
            text.CopyTo(_text);
            _textLength = text.Length;
        }

        public readonly void AddTo(ReadingBatch frame, int number)
        {
            if (_kind == ValueKind.Text) frame.AddText(number, Time, _received, _text.AsSpan(0, _textLength), _quality);
            else frame.Add(number, Time, _received, _kind, _bits, _quality);
        }
    }
}
