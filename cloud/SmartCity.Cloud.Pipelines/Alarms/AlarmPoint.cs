using SmartCity.Cloud.Pipelines.Alarms.Conditions;
using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>
/// One rule at one device: the state machine of an alarm. Everything happens at the fold's time, which is event time.
/// <code>
/// Normal ──when──► Pending ──on-delay──► Active ──clear──► Clearing ──off-delay, minimum hold──► Normal
///    ▲                │                     ▲                  │
///    └────not when────┘                     └────not clear─────┘
/// </code>
/// </summary>
internal sealed class AlarmPoint(CompiledRule rule, RuleRuntime runtime, string source, DeviceNode? device, GatewayNode? gateway, AlarmFold fold) : IConditionInputs, IComparable<AlarmPoint>
{
    /// <summary>After a gateway was heard again its devices' own readings have so long to come.</summary>
    private const long SignGrace = 5 * UnixMicros.PerSecond;

    private const int StepsMax = 8;

    private readonly SeriesMemory?[] _series = new SeriesMemory?[rule.Series.Count];
    private PointState _state = new();
    private List<AlarmPoint>? _neighbours;
    private long _neighboursOf = -1;

    public CompiledRule Rule => rule;
    public RuleRuntime Runtime => runtime;
    public string Source => source;
    public DeviceNode? Device => device;
    public PointState State => _state;
    /// <summary>When it is to be woken; long.MaxValue = never. The fold's queue holds it.</summary>
    public long Due { get; set; } = long.MaxValue;
    /// <summary>Whether its state has changed since it was saved.</summary>
    public bool IsDirty { get; set; }
    public GatewayNode? Gateway => gateway ?? device?.Gateway;

    public long Now => fold.Now;
    public long FreshFor => rule.FreshFor;
    public long HeardUntil => Gateway?.HeardUntil ?? fold.Now;
    public long JudgedFrom => Math.Max(fold.JudgedFrom, Gateway?.JudgedFrom ?? 0);
    public bool IsSilent => gateway is not null ? gateway.IsSilent : device!.IsSilent;

    public void Connect(int place, SeriesMemory memory) => _series[place] = memory;

    public SeriesMemory? Series(int index) => _series[index];

    public Operand Neighbours(int index)
    {
        if (_neighbours is null || _neighboursOf != runtime.PlacesVersion) (_neighbours, _neighboursOf) = (runtime.Nearest(this), runtime.PlacesVersion);
        Span<double> values = stackalloc double[RuleRuntime.NeighboursMax];
        var count = 0;
        foreach (var other in _neighbours)
            if (other._series[index] is { IsKnown: true } memory && memory.Time >= Now - FreshFor && !double.IsNaN(memory.Number)) values[count++] = memory.Number;
        if (count < RuleRuntime.NeighboursMin) return Operand.Unknown;
        var known = values[..count];
        known.Sort();
        return Operand.Of(count % 2 == 1 ? known[count / 2] : (known[(count / 2) - 1] + known[count / 2]) / 2);
    }

    public int CompareTo(AlarmPoint? other)
    {
        if (other is null) return 1;
        var order = string.CompareOrdinal(rule.Rule.Id, other.Rule.Rule.Id);
        return order != 0 ? order : string.CompareOrdinal(source, other.Source);
    }

    public void Restore(PointState state)
    {
        _state = state;
        Due = long.MaxValue;
    }

    /// <summary>The state as an operator sees it.</summary>
    public AlarmState Shown =>
        _state.IsOutOfService ? AlarmState.OutOfService
        : _state.SuppressedBy is not null ? AlarmState.Suppressed
        : _state.IsShelved ? AlarmState.Shelved
        : _state.Alarm == 0 ? AlarmState.Normal
        : !rule.IsAlarm ? AlarmState.Event
        : !IsActive ? AlarmState.Returned
        : _state.IsAcknowledged ? AlarmState.Acknowledged
        : AlarmState.Unacknowledged;

    private bool IsActive => _state.Phase is AlarmPhase.Active or AlarmPhase.Clearing;

    private bool IsSetAside => _state.IsOutOfService || _state.SuppressedBy is not null || _state.IsShelved;

    /// <summary>Judges everything at the fold's time and sets when to look again.</summary>
    public void Look()
    {
        try
        {
            LookNow(fold.Now);
        }
        catch (Exception error)
        {
            // One alarm that fails must not take the others with it.
            End();
            fold.Fault(this, error);
        }
    }

    private void LookNow(long now)
    {
        if (_state.IsShelved && _state.ShelvedUntil != 0 && _state.ShelvedUntil <= now) Unshelve(null, "expired");
        Suppress();
        // Of a gateway that is gone nothing is known; the state stands as it is.
        if (_state.SuppressedBy != PointState.ByGateway)
        {
            // Until nothing follows from it any more, so that a second look at the same moment changes nothing.
            for (var (step, before) = (0, (AlarmPhase)(-1)); step < StepsMax && _state.Phase != before; step++)
            {
                before = _state.Phase;
                Judge(now);
            }
        }
        Tell(now);
        Wait(now);
    }

    public void Do(AlarmCommand command)
    {
        if (command.Alarm != 0 && command.Alarm != _state.Alarm) return;
        switch (command.Action)
        {
            case AlarmAction.Acknowledge:
                if (_state.Alarm == 0 || _state.IsAcknowledged || !rule.IsAlarm) return;
                _state.IsAcknowledged = true;
                Say(AlarmChange.Acknowledged, command.By, command.Note);
                if (!IsActive) Close();
                break;
            case AlarmAction.Shelve:
                _state.IsShelved = true;
                (_state.ShelvedUntil, _state.AsideBy, _state.AsideWhy) = (command.Until, command.By, command.Note);
                Say(AlarmChange.Shelved, command.By, command.Note, until: command.Until);
                break;
            case AlarmAction.Unshelve:
                if (_state.IsShelved) Unshelve(command.By, command.Note);
                break;
            case AlarmAction.RemoveFromService:
                if (_state.IsOutOfService) return;
                _state.IsOutOfService = true;
                (_state.AsideBy, _state.AsideWhy) = (command.By, command.Note);
                Say(AlarmChange.RemovedFromService, command.By, command.Note);
                break;
            case AlarmAction.ReturnToService:
                if (!_state.IsOutOfService) return;
                _state.IsOutOfService = false;
                SayBack(AlarmChange.ReturnedToService, command.By, command.Note);
                break;
            default:
                if (_state.Alarm != 0) Say(AlarmChange.Commented, command.By, command.Note);
                break;
        }
        IsDirty = true;
        Look();
    }

    /// <summary>Its rule or device is no longer watched.</summary>
    public void End()
    {
        if (_state.Alarm != 0) Say(AlarmChange.RuleRemoved, null, null, AlarmState.Normal);
        _state = new PointState();
        Due = long.MaxValue;
        IsDirty = true;
    }

    private void Suppress()
    {
        var by = gateway is null && device?.Gateway?.IsSilent == true ? PointState.ByGateway
            : rule.Schedule is { } schedule && !schedule.Holds(fold.Now, fold.Zone) ? PointState.BySchedule
            : rule.Suppress is { } suppress && (suppress.Holds(this, rule.SuppressPlaces) ?? _state.SuppressedBy == PointState.ByDesign) ? PointState.ByDesign
            : null;
        if (by == _state.SuppressedBy) return;
        var before = _state.SuppressedBy;
        _state.SuppressedBy = by;
        IsDirty = true;
        // What suppresses has changed; the alarm is suppressed as before.
        if (before is not null && by is not null) return;
        if (by is not null)
        {
            if (_state.Alarm != 0) Say(AlarmChange.Suppressed, null, by);
        }
        else if (_state.Alarm != 0)
        {
            SayBack(AlarmChange.Unsuppressed, null, before);
        }
    }

    private void Judge(long now)
    {
        if (IsActive)
        {
            var still = rule.When.Holds(this, rule.WhenPlaces);
            // While what raises it holds it does not end, whatever the clear condition says.
            var clears = still == true ? false : rule.Clear is { } clear ? clear.Holds(this, rule.ClearPlaces) : !still;
            if (_state.Phase == AlarmPhase.Active && clears == true) Enter(AlarmPhase.Clearing, now);
            else if (_state.Phase == AlarmPhase.Clearing && clears == false) Enter(AlarmPhase.Active, _state.Since);
            if (_state.Phase == AlarmPhase.Clearing && ClearDue <= now) Return(now);
            return;
        }
        var holds = rule.When.Holds(this, rule.WhenPlaces);
        if (_state.Phase == AlarmPhase.Normal && holds == true) Enter(AlarmPhase.Pending, now);
        else if (_state.Phase == AlarmPhase.Pending && holds == false) Enter(AlarmPhase.Normal, now);
        if (_state.Phase == AlarmPhase.Pending && _state.Since + rule.OnDelay <= now) Raise(now);
    }

    /// <summary>When it may end: after its delay, its minimum hold, and while it is unstable after a time of quiet.</summary>
    private long ClearDue => Math.Max(_state.Since + (_state.IsUnstable ? Math.Max(rule.OffDelay, rule.FlapWithin) : rule.OffDelay), _state.RaisedAt + rule.MinHold);

    private void Enter(AlarmPhase phase, long since)
    {
        (_state.Phase, _state.Since) = (phase, since);
        IsDirty = true;
    }

    private void Raise(long now)
    {
        Enter(AlarmPhase.Active, now);
        _state.RaisedAt = now;
        _state.Flips.RemoveAll(flip => flip <= now - rule.FlapWithin);
        _state.Flips.Add(now);
        var isNew = _state.Alarm == 0;
        if (isNew) (_state.Alarm, _state.IsAcknowledged) = (fold.NextAlarm(), false);
        Say(isNew ? AlarmChange.Raised : AlarmChange.Reactivated, null, null, isAnnounced: Announce(now));
        if (_state.IsUnstable || _state.Flips.Count < rule.FlapTimes) return;
        _state.IsUnstable = true;
        Say(AlarmChange.Unstable, null, null);
    }

    private void Return(long now)
    {
        Enter(AlarmPhase.Normal, now);
        if (_state.IsUnstable)
        {
            _state.IsUnstable = false;
            _state.Flips.Clear();
            Say(AlarmChange.Stable, null, null);
        }
        // One that nobody was asked about, or that somebody has put aside, waits for nobody.
        if (!rule.IsAlarm || _state.IsAcknowledged || IsSetAside) Close();
        else Say(AlarmChange.Returned, null, null);
        if (_state.IsShelved && _state.ShelvedUntil == 0) Unshelve(null, "ended");
    }

    private void Close()
    {
        Say(AlarmChange.Closed, null, null, AlarmState.Normal);
        (_state.Alarm, _state.IsAcknowledged) = (0, false);
        IsDirty = true;
    }

    private void Unshelve(string? by, string? why)
    {
        _state.IsShelved = false;
        _state.ShelvedUntil = 0;
        IsDirty = true;
        SayBack(AlarmChange.Unshelved, by, why);
    }

    /// <summary>It is no longer set aside: where its condition still holds, it asks for an operator now.</summary>
    private void SayBack(AlarmChange change, string? by, string? why) => Say(change, by, why, isAnnounced: _state.Alarm != 0 && IsActive && Announce(fold.Now));

    private bool Announce(long now)
    {
        if (!rule.IsAlarm || IsSetAside || _state.IsAcknowledged) return false;
        (_state.AnnouncedAt, _state.NextStep) = (now, 0);
        fold.Announced(this, now);
        return true;
    }

    private void Tell(long now)
    {
        if (!IsTelling) return;
        while (_state.NextStep < rule.Steps.Count && StepDue <= now)
        {
            var step = rule.Steps[_state.NextStep++];
            IsDirty = true;
            if (step.During is null || !rule.StepSchedules.TryGetValue(step.During, out var schedule) || schedule.Holds(now, fold.Zone)) runtime.Tell(this, step.To, _state.NextStep - 1, now);
        }
    }

    private bool IsTelling => _state.Alarm != 0 && rule.IsAlarm && !_state.IsAcknowledged && IsActive && !IsSetAside;

    private long StepDue => _state.AnnouncedAt + (rule.Steps[_state.NextStep].After.Ticks / TimeSpan.TicksPerMicrosecond);

    private void Wait(long now)
    {
        var due = long.MaxValue;
        if (_state.SuppressedBy != PointState.ByGateway)
        {
            if (_state.Phase == AlarmPhase.Pending) due = _state.Since + rule.OnDelay;
            else if (_state.Phase == AlarmPhase.Clearing) due = ClearDue;
            foreach (var (place, after) in rule.NoData) Earlier(NoDataDue(place, after, now));
        }
        if (_state.IsShelved && _state.ShelvedUntil != 0) Earlier(_state.ShelvedUntil);
        if (IsTelling && _state.NextStep < rule.Steps.Count) Earlier(StepDue);
        if (rule.Schedule is { } schedule) Earlier(fold.NextChangeOf(schedule));
        fold.Schedule(this, due);

        void Earlier(long other)
        {
            if (other > now && other < due) due = other;
        }
    }

    private long NoDataDue(int place, long after, long now)
    {
        if (_series[place] is not { IsKnown: true } memory) return long.MaxValue;
        var due = Math.Max(memory.Time, JudgedFrom) + after;
        if (due > now) return due;
        if (HeardUntil >= due) return long.MaxValue;
        // It would be due, but who knows: the gateway was not heard since. It is looked at again when it is.
        Gateway!.Waiting.Add(this);
        return long.MaxValue;
    }

    /// <summary>The gateway was heard: what waited for that looks again, after the readings that come with the same breath.</summary>
    public void Heard(long at) => fold.Schedule(this, Math.Min(Due, at + SignGrace));

    private void Say(AlarmChange change, string? by, string? note, AlarmState? state = null, bool isAnnounced = false, long until = 0)
    {
        var first = rule.When.Series.Count > 0 ? _series[rule.WhenPlaces[0]] : null;
        fold.Say(new AlarmTransition(fold.Now, _state.Alarm, rule.Rule.Id, source, change, state ?? Shown, rule.Rule.Priority, isAnnounced, by, note,
            first is { IsKnown: true } ? first.Value.ToString() : null, Gateway?.Id, device is null ? null : fold.AreaOf(device.Id), until));
    }
}
