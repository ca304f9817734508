using System.Globalization;
using System.Text;
using SmartCity.Devices.Twins;
using SmartCity.Hosting.Files;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Twins;

/// <summary>
/// Keeps the gateway's configuration at what the city wants. A document that comes is read whole; what is wrong in it is told with its place, and nothing of
/// it applied. A right one is kept on the disk, put in force and tried: if the gateway is connected at the end of the trial and the city answers, it
/// stays; else the last good one is put in force again. Thread-safe.
/// <code>
/// comes ─► equal hash: nothing to do
///       ├► wrong: refused
///       └► on trial ─► connected and answered at its end: applied
///                   └► else, or it cannot be put in force: rolled back
/// </code>
/// </summary>
/// <remarks>
/// A document that was rolled back is not tried again when it comes again, unless the link may have been to blame: the city had answered during the trial, or
/// the last good configuration did not reach the city soon after either. So an outage during a trial costs a second trial, and a configuration that cuts the gateway off costs one.
/// </remarks>
internal sealed class TwinAgent
{
    /// <summary>Name of the file in the data folder.</summary>
    public const string FileName = "twin.json";
    /// <summary>Trials of one document of which the link may have been to blame; starts of the process within one.</summary>
    private const int AttemptsMax = 10, StartsMax = 4;
    /// <summary>Within it the last good configuration reaches the city, if it is not the link that fails.</summary>
    private static readonly TimeSpan _judgedWithin = TimeSpan.FromSeconds(15);
    /// <summary>How long an answer that is on its way at the end of a trial is waited for.</summary>
    private static readonly TimeSpan _answeredWithin = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly string _file;
    private readonly TimeSpan _trialFor;
    private readonly TimeProvider _clock;
    private TwinRecord _record;
    private TwinDocument _inForce = TwinDocument.Empty;
    private long _number = 1;
    private long _trialSince, _rolledBackAt;
    private TimeSpan _trialLeft;
    private long _trialNumber;
    private bool _isAnswered, _wasAnswered, _wasRolledBackHere, _isUnsaved;

    /// <summary>Reads what an earlier process has left, and goes on with it.</summary>
    /// <param name="data">The gateway's data folder; this process holds it.</param>
    /// <param name="options">How long a trial is.</param>
    /// <param name="clock">Clock.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public TwinAgent(string data, TwinOptions options, TimeProvider clock)
    {
        (_file, _trialFor, _clock) = (Path.Combine(data, FileName), options.TrialFor, clock);
        _record = File.Exists(_file) ? TwinRecord.Read(File.ReadAllBytes(_file)) ?? SetAside() : TwinRecord.None;
        Resume();
    }

    /// <summary>Raised after another document has come into force; <see cref="InForce"/> says which.</summary>
    public event Action? Changed;

    /// <summary>Raised when there is something to report.</summary>
    public event Action? Reported;

    /// <summary>What this box lacks for a document that is right by itself; nothing if null.</summary>
    public Func<TwinDocument, IReadOnlyList<TwinFault>>? Check { get; set; }

    /// <summary>The document in force.</summary>
    public TwinDocument InForce
    {
        get { lock (_gate) return _inForce; }
    }

    /// <summary>How the gateway stands to the desired state.</summary>
    public TwinStanding Standing
    {
        get { lock (_gate) return new TwinStanding(_number, _record.InForce, _record.Trial is null ? null : _clock.GetUtcNow() + Left, _record.Outcome); }
    }

    /// <summary>Whether a document is on trial.</summary>
    public bool IsOnTrial
    {
        get { lock (_gate) return _record.Trial is not null; }
    }

    private TimeSpan Left => _trialLeft - _clock.GetElapsedTime(_trialSince) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>Takes the desired state. Returns when it is on the disk and in force, or not.</summary>
    /// <param name="version">Its version.</param>
    /// <param name="hash">SHA-256 that it should have, hex.</param>
    /// <param name="json">The document.</param>
    public void Desire(ulong version, string hash, ReadOnlyMemory<byte> json)
    {
        bool isChanged;
        lock (_gate) isChanged = Take(version, hash, json);
        Tell(isChanged);
    }

    /// <summary>Looks whether a trial is over. To be called about once a second.</summary>
    /// <param name="isConnected">Whether the stream to the city is open and the city answers.</param>
    /// <param name="lastError">Why it was last closed.</param>
    public void Tick(bool isConnected, string? lastError)
    {
        bool isChanged;
        lock (_gate)
        {
            if (_isUnsaved) TrySave();
            if (_record.Trial is null || Left > TimeSpan.Zero) return;
            if (isConnected && !_isAnswered && _clock.GetElapsedTime(_trialSince) - _trialLeft < _answeredWithin) return;
            var isGood = isConnected && _isAnswered;
            if (isGood)
            {
                isChanged = false;
                if (!Keep()) return;
            }
            else
            {
                isChanged = RollBack(string.Create(CultureInfo.InvariantCulture, $"after {_trialFor.TotalSeconds:0} s under it the gateway was not connected to the city: {(isConnected ? "the city did not answer its report" : lastError ?? "no stream was opened")}"), mayRetry: true);
            }
        }
        Tell(isChanged);
    }

    /// <summary>The document on trial cannot be put in force: the last good one is again.</summary>
    public void CannotApply(string reason)
    {
        bool isChanged;
        lock (_gate)
        {
            if (_record.Trial is null) return;
            isChanged = RollBack(reason, mayRetry: false);
        }
        Tell(isChanged);
    }

    /// <summary>A stream to the city is new: what was answered on another counts no longer.</summary>
    public void Opened()
    {
        lock (_gate) _isAnswered = false;
    }

    /// <summary>The way to the city is made anew under the document in force: nothing that was answered before speaks for it.</summary>
    public void Reconnecting()
    {
        lock (_gate) (_isAnswered, _wasAnswered) = (false, false);
    }

    /// <summary>The city has a report.</summary>
    /// <param name="number">Its number.</param>
    public void Answered(long number)
    {
        lock (_gate)
            if (_record.Trial is not null && number >= _trialNumber) _isAnswered = _wasAnswered = true;
    }

    private void Tell(bool isChanged)
    {
        // In force before it is told of: who hears that it is may rely on it.
        if (isChanged) Changed?.Invoke();
        lock (_gate)
        {
            _number++;
            if (isChanged) _trialNumber = _number;
        }
        Reported?.Invoke();
    }

    /// <returns>Whether another document is in force.</returns>
    private bool Take(ulong version, string hash, ReadOnlyMemory<byte> json)
    {
        if (TwinJson.HashOf(json.Span) != hash) return Refuse(version, hash, "what came is not what was sent: its hash is another", [], mayRetry: true);
        if (_record.Trial is { } trial && trial.Twin.Hash == hash)
        {
            // The same under another version, or wanted again after one that was refused: its trial goes on.
            if (trial.Twin.Version != version || _record.Outcome?.Hash != hash) Save(_record with { Trial = trial with { Twin = trial.Twin with { Version = version } }, Outcome = new TwinOutcome(version, hash, TwinState.Trial, trial.Began, Attempt: trial.Attempt) });
            return false;
        }
        if (_record.Good.Hash == hash)
        {
            var isChanged = _record.Trial is not null;
            if (!isChanged && _record.Good.Version == version && _record.Outcome is { State: TwinState.Applied }) return false;
            Save(new TwinRecord(_record.Good with { Version = version }, null, new TwinOutcome(version, hash, TwinState.Applied, _clock.GetUtcNow())));
            if (isChanged) PutInForce();
            return isChanged;
        }
        var before = _record.Outcome is { } outcome && outcome.Version == version && outcome.Hash == hash ? outcome : null;
        if (before is not null && !IsTriedAgain(before))
        {
            if (before.MayRetry) Save(_record with { Outcome = before with { MayRetry = false } });
            return false;
        }
        var document = TwinDocument.Parse(json, out var faults);
        if (document is not null) faults = Check?.Invoke(document) ?? [];
        if (document is null || faults.Count > 0) return Refuse(version, hash, string.Create(CultureInfo.InvariantCulture, $"{faults.Count} {(faults.Count == 1 ? "place is" : "places are")} wrong, and nothing of it was applied"), faults, mayRetry: false);
        var now = _clock.GetUtcNow();
        var attempt = (before?.Attempt ?? 0) + 1;
        var next = new TwinRecord(_record.Good, new TwinTrial(new KeptTwin(version, hash, Encoding.UTF8.GetString(json.Span)), now, now + _trialFor, 1, attempt), new TwinOutcome(version, hash, TwinState.Trial, now, Attempt: attempt));
        try
        {
            // Before it is in force: a process that is killed on the way goes on with its trial.
            DurableFile.Replace(_file, next.Write());
        }
        catch (IOException error)
        {
            return Refuse(version, hash, $"it cannot be kept on the disk: {error.Message}", [], mayRetry: true);
        }
        (_record, _inForce, _isUnsaved) = (next, document, false);
        (_trialSince, _trialLeft, _trialNumber) = (_clock.GetTimestamp(), _trialFor, long.MaxValue);
        (_isAnswered, _wasAnswered, _wasRolledBackHere) = (false, false, false);
        return true;
    }

    /// <summary>Whether the link, and not the document, is taken to have been the reason for what became of it.</summary>
    private bool IsTriedAgain(TwinOutcome before)
    {
        if (!before.MayRetry || before.Attempt >= AttemptsMax) return false;
        if (before.State == TwinState.Refused || !_wasRolledBackHere || _wasAnswered) return true;
        return _clock.GetElapsedTime(_rolledBackAt) > _judgedWithin;
    }

    private bool Refuse(ulong version, string hash, string reason, IReadOnlyList<TwinFault> faults, bool mayRetry)
    {
        // One that is on trial goes on: nothing of what is wrong was applied.
        Save(_record with { Outcome = new TwinOutcome(version, hash, TwinState.Refused, _clock.GetUtcNow(), reason, faults, mayRetry) });
        return false;
    }

    private bool Keep()
    {
        var trial = _record.Trial!;
        var next = new TwinRecord(trial.Twin, null, RefusedSince(trial) ?? new TwinOutcome(trial.Twin.Version, trial.Twin.Hash, TwinState.Applied, _clock.GetUtcNow(), Attempt: trial.Attempt));
        try
        {
            DurableFile.Replace(_file, next.Write());
        }
        catch (IOException)
        {
            // Looked at again in a second; until then it is on trial.
            return false;
        }
        _record = next;
        return true;
    }

    private bool RollBack(string reason, bool mayRetry)
    {
        var trial = _record.Trial!;
        var refused = RefusedSince(trial);
        Save(new TwinRecord(_record.Good, null, refused is null ? new TwinOutcome(trial.Twin.Version, trial.Twin.Hash, TwinState.RolledBack, _clock.GetUtcNow(), reason, null, mayRetry, trial.Attempt)
            : refused with { Reason = $"{refused.Reason}; version {trial.Twin.Version}, which was on trial, was rolled back: {reason}" }));
        (_rolledBackAt, _wasRolledBackHere) = (_clock.GetTimestamp(), true);
        PutInForce();
        return true;
    }

    /// <summary>What was refused while a document was on trial, which is what the city has heard last; null where nothing was.</summary>
    private TwinOutcome? RefusedSince(TwinTrial trial) => _record.Outcome is { State: TwinState.Refused } outcome && outcome.Hash != trial.Twin.Hash ? outcome : null;

    private void PutInForce()
    {
        // One that an older program cannot read leaves the gateway to its own settings.
        _inForce = TwinDocument.Parse(_record.InForce.Bytes, out _) ?? TwinDocument.Empty;
    }

    /// <summary>Goes on after a start: with the rest of a trial, by the wall clock.</summary>
    private void Resume()
    {
        if (_record.Trial is not { } trial)
        {
            PutInForce();
            return;
        }
        var now = _clock.GetUtcNow();
        // A clock that stands before the trial began tells nothing of how much of it is over.
        var left = now < trial.Began ? _trialFor : trial.Ends - now;
        if (TwinDocument.Parse(trial.Twin.Bytes, out _) is not { } document) RollBack("this program, which was started in the middle of its trial, cannot read it", mayRetry: false);
        else if (trial.Starts >= StartsMax) RollBack(string.Create(CultureInfo.InvariantCulture, $"the gateway was started {trial.Starts} times during its trial"), mayRetry: true);
        else if (left <= TimeSpan.Zero) RollBack("the gateway did not run at the end of its trial", mayRetry: true);
        else
        {
            Save(_record with { Trial = trial with { Starts = trial.Starts + 1 } });
            (_inForce, _trialSince, _trialLeft) = (document, _clock.GetTimestamp(), left < _trialFor ? left : _trialFor);
            _trialNumber = _number;
            return;
        }
        // Nobody has seen what it did to the link.
        _wasRolledBackHere = false;
    }

    private TwinRecord SetAside()
    {
        File.Move(_file, _file + ".damaged", overwrite: true);
        return TwinRecord.None;
    }

    private void Save(TwinRecord record)
    {
        _record = record;
        TrySave();
    }

    private void TrySave()
    {
        try
        {
            DurableFile.Replace(_file, _record.Write());
            _isUnsaved = false;
        }
        catch (IOException)
        {
            // What is in memory holds; it is tried again each second. A start before that goes on from the state before.
            _isUnsaved = true;
        }
    }
}
