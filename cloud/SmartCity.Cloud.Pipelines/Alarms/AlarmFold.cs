using System.Text;
using SmartCity.Cloud.Pipelines.Alarms.Conditions;
using SmartCity.Cloud.Pipelines.Frame;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>
/// The alarms of the city as a fold over readings: no I/O, no clock of its own. All is judged in event time. Readings wait a moment
/// (<see cref="AlarmOptions.Reorder"/>) and are then taken in the order of their times, and between them whatever delay has passed falls due at its own time;
/// so neither the order of arrival, nor how batches were cut, nor when somebody looked at the clock changes what is said.
/// </summary>
/// <remarks>
/// A reading flagged as backfilled, or older than <see cref="AlarmOptions.LiveFor"/> when it arrives, is history: it raises nothing. Not thread-safe.
/// </remarks>
public sealed partial class AlarmFold : IFold<AlarmInput, AlarmOutput>
{
    private const string GatewayPrefix = "gateway/";

    private readonly AlarmOptions _options;
    private readonly IDeviceRegistry _registry;
    private readonly Func<int, SeriesKey> _names;
    private readonly long _reorder, _liveFor;

    private readonly Dictionary<string, DeviceNode> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GatewayNode> _gateways = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Waiting, (long Time, string Device, string Metric, long Order)> _readings = new(ReadingOrder.Instance);
    private readonly PriorityQueue<AlarmPoint, (long Due, AlarmPoint Point)> _wakes = new();
    private readonly SortedSet<(long At, string Rule)> _rooms = [];
    private readonly HashSet<AlarmPoint> _dirty = [];
    private Slot[] _slots = new Slot[1024];
    private ICollection<AlarmOutput> _outputs = [];
    private AlarmPlan _plan = AlarmPlan.Empty;
    private Dictionary<string, RuleRuntime> _rules = new(StringComparer.Ordinal);
    private ILookup<string, RuleRuntime> _byDevice = Enumerable.Empty<RuleRuntime>().ToLookup(_ => "");
    private List<RuleRuntime> _wide = [], _ofGateways = [];
    private bool _asksNeighbours;
    private long _revision = -1, _order, _alarms;

    /// <summary>Makes it without rules.</summary>
    /// <param name="options">What holds for all.</param>
    /// <param name="registry">What devices are and where they stand.</param>
    /// <param name="names">What the series numbers of batches stand for.</param>
    public AlarmFold(AlarmOptions options, IDeviceRegistry registry, Func<int, SeriesKey> names)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _registry, _names) = (options, registry, names);
        (_reorder, _liveFor) = (Micros(options.Reorder), Micros(options.LiveFor));
    }

    /// <summary>Event time up to which everything has been judged, µs since 1970 UTC.</summary>
    public long Now { get; private set; }

    /// <summary>Readings that came too late to raise anything.</summary>
    public long Late { get; private set; }

    /// <summary>Alarms whose judging failed: each begins anew, the others do not notice.</summary>
    public long Faults { get; private set; }

    /// <summary>The last of them; null before the first.</summary>
    public (string Rule, string Source, Exception Error)? LastFault { get; private set; }

    /// <summary>Alarms at devices and gateways that are watched.</summary>
    public int Points { get; private set; }

    /// <summary>While it is set, readings are only remembered: what followed from them is known already.</summary>
    public bool IsRecalling { get; set; }

    internal long JudgedFrom { get; private set; }
    internal TimeZoneInfo Zone => _options.Zone;
    internal double NeighbourMetres => _options.NeighbourMetres;

    /// <summary>Puts other rules in the place of those that there are. Alarms of rules that stay keep their state.</summary>
    public void SetPlan(AlarmPlan plan, ICollection<AlarmOutput> outputs)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Saying(outputs, () =>
        {
            var before = _rules;
            _plan = plan;
            _rules = plan.Rules.ToDictionary(rule => rule.Rule.Id, rule => before.TryGetValue(rule.Rule.Id, out var known) ? new RuleRuntime(rule, this) { Told = known.Told, Held = known.Held } : new RuleRuntime(rule, this), StringComparer.Ordinal);
            _ofGateways = [.. _rules.Values.Where(rule => rule.Rule.Rule.Scope?.Gateways == true)];
            var ofDevices = _rules.Values.Where(rule => rule.Rule.Rule.Scope?.Gateways != true).ToList();
            _byDevice = ofDevices.Where(IsNarrow).SelectMany(rule => rule.Rule.Rule.Scope!.Devices!.Distinct(StringComparer.Ordinal), (rule, device) => (rule, device)).ToLookup(one => one.device, one => one.rule, StringComparer.Ordinal);
            _wide = [.. ofDevices.Where(rule => !IsNarrow(rule))];
            _asksNeighbours = plan.Rules.Any(rule => rule.AsksNeighbours);
            _slots = new Slot[_slots.Length];
            _wakes.Clear();
            _changes.Clear();
            var states = new Dictionary<(string, string), AlarmPoint>();
            foreach (var device in _devices.Values)
            {
                foreach (var point in device.Points) states.Add((point.Rule.Rule.Id, point.Source), point);
                device.Points.Clear();
                device.Rules.Clear();
                foreach (var memory in device.Memories.Values) memory.Points.Clear();
            }
            foreach (var gateway in _gateways.Values)
            {
                foreach (var point in gateway.Points) states.Add((point.Rule.Rule.Id, point.Source), point);
                gateway.Points.Clear();
                gateway.Waiting.Clear();
            }
            Points = 0;
            // Series of named devices are remembered from now on, whether those were heard or not.
            foreach (var named in plan.Rules.SelectMany(rule => rule.Series)) if (named.Device is not null) Device(named.Device).Memory(named.Metric);
            foreach (var device in _devices.Values.ToList()) Watch(device, states);
            foreach (var gateway in _gateways.Values) Watch(gateway, states);
            // A rule of one device alone is watched before the device is heard, so that other devices' readings can raise it.
            foreach (var device in _byDevice.Select(one => one.Key).Where(id => !_devices.ContainsKey(id)).ToList())
                if (_byDevice[device].Any(rule => rule.Rule.OwnMetrics.Count == 0)) Watch(Device(device), states);
            foreach (var left in states.Values.Order())
            {
                left.End();
                _dirty.Add(left);
            }
            if (!IsRecalling) foreach (var point in AllPoints().Order().ToList()) point.Look();
        });
    }

    /// <inheritdoc/>
    public void Apply(AlarmInput input, ICollection<AlarmOutput> outputs) => Saying(outputs, () =>
    {
        switch (input)
        {
            case AlarmReadings batch:
                Follow();
                Pass(batch.Received - _reorder);
                Hear(batch.Gateway, batch.Received);
                Take(batch.Readings, batch.Gateway, batch.Received);
                break;
            case AlarmHistory history:
                Follow();
                Take(history.Readings, null, long.MaxValue);
                break;
            case AlarmSign sign:
                Hear(sign.Gateway, sign.At);
                break;
            case AlarmSilence { Event: var said }:
                Silence(said.Gateway, said.Device, said.IsSilent, said.At);
                break;
            case AlarmCommand command:
                Find(command.Rule, command.Source)?.Do(command);
                break;
        }
    });

    /// <inheritdoc/>
    public void Advance(long now, ICollection<AlarmOutput> outputs) => Saying(outputs, () =>
    {
        Follow();
        Pass(now - _reorder);
    });

    /// <summary>Nobody listened until <paramref name="now"/>: whoever was not missed before has its whole time again.</summary>
    public void Resume(long now)
    {
        JudgedFrom = Math.Max(JudgedFrom, now);
        foreach (var gateway in _gateways.Values) gateway.Waiting.Clear();
        foreach (var point in AllPoints().ToList())
            if (point.Rule.NoData.Count > 0) Schedule(point, Math.Max(Now, now));
    }

    /// <summary>Numbers of new alarms lie above <paramref name="last"/>.</summary>
    public void NumberAfter(long last) => _alarms = Math.Max(_alarms, last);

    /// <summary>What an operator sees of an alarm at a device; null where it is not watched.</summary>
    public AlarmView? View(string rule, string source) => Find(rule, source) is { } point ? ViewOf(point) : null;

    /// <summary>All that are not normal, in order of rule and source.</summary>
    public IReadOnlyList<AlarmView> Views() => [.. AllPoints().Where(point => point.Shown != AlarmState.Normal).Order().Select(ViewOf)];

    internal long NextAlarm() => ++_alarms;

    internal void Fault(AlarmPoint point, Exception error)
    {
        Faults++;
        LastFault = (point.Rule.Rule.Id, point.Source, error);
        _dirty.Add(point);
    }

    internal void Say(AlarmOutput output)
    {
        if (!IsRecalling) _outputs.Add(output);
    }

    internal void Schedule(AlarmPoint point, long due)
    {
        if (point.IsDirty) _dirty.Add(point);
        if (due == point.Due) return;
        point.Due = due;
        if (due != long.MaxValue) _wakes.Enqueue(point, (due, point));
    }

    internal void ScheduleRoom(RuleRuntime rule, long at) => _rooms.Add((at, rule.Rule.Rule.Id));

    /// <summary>When a schedule begins or ends next; asked at each look, so that it is computed once.</summary>
    internal long NextChangeOf(AlarmSchedule schedule)
    {
        if (_changes.TryGetValue(schedule, out var known) && Now >= known.From && Now < known.Until) return known.Until;
        var until = schedule.NextChange(Now, Zone) ?? long.MaxValue;
        _changes[schedule] = (Now, until);
        return until;
    }

    private readonly Dictionary<AlarmSchedule, (long From, long Until)> _changes = new(ReferenceEqualityComparer.Instance);

    internal string? AreaOf(string device)
    {
        if (_registry.Device(device)?.Value is not { } known) return null;
        return known.Area ?? SiteOf(known)?.Area;
    }

    internal (double Latitude, double Longitude)? PlaceOf(DeviceNode device)
    {
        if (_registry.Device(device.Id)?.Value is { } known && (known.Position ?? SiteOf(known)?.Position) is { } position) return (position.Latitude, position.Longitude);
        return double.IsNaN(device.Latitude) || double.IsNaN(device.Longitude) ? null : (device.Latitude, device.Longitude);
    }

    private Site? SiteOf(RegisteredDevice device)
    {
        if (device.Site is null) return null;
        if (_sitesOf != _registry.Revision)
        {
            _sitesOf = _registry.Revision;
            _sites = _registry.Sites.ToDictionary(site => site.Value.Id, site => site.Value, StringComparer.Ordinal);
        }
        return _sites.GetValueOrDefault(device.Site);
    }

    private Dictionary<string, Site> _sites = [];
    private long _sitesOf = -1;

    private void Saying(ICollection<AlarmOutput> outputs, Action step)
    {
        _outputs = outputs;
        step();
        _outputs = [];
    }

    /// <summary>Moves event time on: readings and delays fall due in the order of their times, readings before delays of the same µs.</summary>
    private void Pass(long until)
    {
        while (true)
        {
            var reading = _readings.TryPeek(out _, out var key) ? key.Time : long.MaxValue;
            while (_wakes.TryPeek(out var stale, out var at) && stale.Due != at.Due) _wakes.Dequeue();
            var wake = _wakes.TryPeek(out _, out var due) && !IsRecalling ? due.Due : long.MaxValue;
            var room = _rooms.Count > 0 && !IsRecalling ? _rooms.Min.At : long.MaxValue;
            var quiet = _flood.EndsAt is { } end && !IsRecalling ? end : long.MaxValue;
            var next = Math.Min(Math.Min(reading, wake), Math.Min(room, quiet));
            if (next > until) break;
            Now = Math.Max(Now, next);
            if (next == reading)
            {
                var waiting = _readings.Dequeue();
                // The same series and time again is the same reading: the later one stands.
                if (_readings.TryPeek(out var following, out _) && following.Memory == waiting.Memory && following.Time == waiting.Time) continue;
                Remember(waiting);
            }
            else if (next == wake)
            {
                var point = _wakes.Dequeue();
                point.Due = long.MaxValue;
                point.Look();
            }
            else if (next == room)
            {
                var (at, rule) = _rooms.Min;
                _rooms.Remove((at, rule));
                if (_rules.TryGetValue(rule, out var runtime)) runtime.Room(Now);
            }
            else
            {
                QuietFlood();
            }
        }
        Now = Math.Max(Now, until);
    }

    private void Remember(Waiting reading)
    {
        var memory = reading.Memory;
        if (memory.IsKnown && reading.Time < memory.Time) return;
        memory.Take(reading.Time, reading.Number, reading.Text, reading.Quality);
        if (IsRecalling || !reading.IsLive) return;
        foreach (var point in memory.Points) point.Look();
    }

    private void Take(ReadingBatch batch, string? gateway, long received)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            ref var slot = ref SlotOf(batch.Series[i]);
            var device = slot.Device!;
            if (gateway is not null && device.Gateway?.Id != gateway) Move(device, Gateway(gateway));
            if (slot.IsAboutDevice) Describe(device, slot.Metric!, batch, i);
            if (slot.Memory is null && !device.Memories.TryGetValue(slot.Metric!, out slot.Memory)) continue;
            // A clock that is ahead must not make its reading wait.
            var time = Math.Min(batch.Time[i], received);
            var isLive = gateway is null || ((batch.Quality[i] & ReadingQuality.Backfilled) == 0 && time >= received - _liveFor);
            if (!isLive) Late++;
            var waiting = batch.Kind[i] == ValueKind.Text
                ? new Waiting(slot.Memory, time, double.NaN, Encoding.UTF8.GetString(batch.TextAt(i)), batch.Quality[i], isLive)
                : new Waiting(slot.Memory, time, batch.Kind[i] == ValueKind.Double ? BitConverter.Int64BitsToDouble(batch.Bits[i]) : batch.Bits[i], null, batch.Quality[i], isLive);
            if (time <= Now && gateway is not null) Remember(waiting);
            else _readings.Enqueue(waiting, (time, slot.Memory.Key.Device, slot.Memory.Key.Metric, _order++));
        }
    }

    private ref Slot SlotOf(int series)
    {
        if (series >= _slots.Length) Array.Resize(ref _slots, Math.Max(series + 1, _slots.Length * 2));
        if (_slots[series].Device is not null) return ref _slots[series];
        var key = _names(series);
        var device = Device(key.Device);
        _slots[series] = new Slot { Device = device, Metric = key.Metric, IsAboutDevice = DeviceMetrics.IsAboutDevice(key.Metric) };
        if (device.Metrics.Add(key.Metric)) Watch(device, null);
        return ref _slots[series];
    }

    private void Describe(DeviceNode device, string metric, ReadingBatch batch, int i)
    {
        if (metric == DeviceMetrics.Kind)
        {
            if (batch.Kind[i] != ValueKind.Text) return;
            var text = batch.TextAt(i);
            if (device.Kind is { } known && Encoding.UTF8.GetByteCount(known) == text.Length && Encoding.UTF8.GetString(text) == known) return;
            device.Kind = Encoding.UTF8.GetString(text);
            Watch(device, null);
            return;
        }
        if (batch.Kind[i] is not (ValueKind.Double or ValueKind.Int64)) return;
        var degrees = batch.Kind[i] == ValueKind.Double ? BitConverter.Int64BitsToDouble(batch.Bits[i]) : batch.Bits[i];
        var before = metric == DeviceMetrics.Latitude ? device.Latitude : device.Longitude;
        if (degrees.Equals(before) || !(Math.Abs(degrees) <= (metric == DeviceMetrics.Latitude ? 90 : 180))) return;
        if (metric == DeviceMetrics.Latitude) device.Latitude = degrees;
        else device.Longitude = degrees;
        if (_asksNeighbours) foreach (var point in device.Points) point.Runtime.PlacesChanged();
    }

    private void Hear(string id, long at)
    {
        var gateway = Gateway(id);
        gateway.HeardUntil = Math.Max(gateway.HeardUntil, at);
        if (gateway.Waiting.Count == 0) return;
        foreach (var point in gateway.Waiting) point.Heard(Math.Max(Now, at));
        gateway.Waiting.Clear();
    }

    private void Silence(string id, string? device, bool isSilent, long at)
    {
        var gateway = Gateway(id);
        if (device is not null)
        {
            var node = Device(device);
            if (node.Gateway is null) Move(node, gateway);
            if (node.IsSilent == isSilent) return;
            node.IsSilent = isSilent;
            if (node.Points.Count == 0) Watch(node, null);
            foreach (var point in node.Points.ToList()) if (point.Rule.AsksSilence) point.Look();
            return;
        }
        if (gateway.IsSilent == isSilent) return;
        gateway.IsSilent = isSilent;
        if (!isSilent)
        {
            gateway.JudgedFrom = Math.Max(gateway.JudgedFrom, at);
            gateway.HeardUntil = Math.Max(gateway.HeardUntil, at);
        }
        // The parent before its children, so that theirs are inhibited by the time they look.
        foreach (var point in gateway.Points.ToList()) point.Look();
        foreach (var point in gateway.Devices.SelectMany(one => one.Points).Order().ToList()) point.Look();
    }

    private static void Move(DeviceNode device, GatewayNode gateway)
    {
        device.Gateway?.Devices.Remove(device);
        device.Gateway = gateway;
        gateway.Devices.Add(device);
    }

    private DeviceNode Device(string id)
    {
        if (!_devices.TryGetValue(id, out var device)) _devices.Add(id, device = new DeviceNode(id));
        return device;
    }

    private GatewayNode Gateway(string id)
    {
        if (_gateways.TryGetValue(id, out var gateway)) return gateway;
        _gateways.Add(id, gateway = new GatewayNode(id));
        Watch(gateway, null);
        return gateway;
    }

    /// <summary>Follows the registry where it has changed.</summary>
    private void Follow()
    {
        if (_revision == _registry.Revision) return;
        _revision = _registry.Revision;
        foreach (var device in _devices.Values.ToList())
        {
            foreach (var point in device.Points.Where(point => !Holds(point.Runtime, device)).ToList())
            {
                point.End();
                Remove(point);
            }
            Watch(device, null);
        }
        foreach (var rule in _rules.Values) rule.PlacesChanged();
    }

    private void Remove(AlarmPoint point)
    {
        _dirty.Add(point);
        point.Device!.Points.Remove(point);
        point.Device.Rules.Remove(point.Runtime);
        point.Device.Gateway?.Waiting.Remove(point);
        point.Runtime.Points.Remove(point);
        for (var i = 0; i < point.Rule.Series.Count; i++) point.Series(i)?.Points.Remove(point);
        Points--;
    }

    /// <summary>Makes the alarms of a device that it has not yet.</summary>
    private void Watch(DeviceNode device, Dictionary<(string, string), AlarmPoint>? states)
    {
        foreach (var rule in _byDevice[device.Id].Concat(_wide))
        {
            if (device.Rules.Contains(rule) || !Holds(rule, device)) continue;
            var isHeard = rule.Rule.OwnMetrics.Count == 0 || rule.Rule.OwnMetrics.Any(metric => device.Metrics.Contains(metric) || device.Memories.ContainsKey(metric));
            if (!isHeard) continue;
            var point = new AlarmPoint(rule.Rule, rule, device.Id, device, null, this);
            for (var i = 0; i < rule.Rule.Series.Count; i++)
            {
                var named = rule.Rule.Series[i];
                var memory = (named.Device is null ? device : Device(named.Device)).Memory(named.Metric);
                memory.Window = Math.Max(memory.Window, rule.Rule.Windows[i]);
                memory.Points.Add(point);
                point.Connect(i, memory);
            }
            device.Points.Add(point);
            device.Rules.Add(rule);
            Add(point, rule, states);
        }
    }

    private void Watch(GatewayNode gateway, Dictionary<(string, string), AlarmPoint>? states)
    {
        foreach (var rule in _ofGateways)
        {
            if (gateway.Points.Exists(point => point.Runtime == rule) || rule.Rule.Rule.Scope!.Devices is { } ids && !ids.Any(id => Fits(id, gateway.Id))) continue;
            var point = new AlarmPoint(rule.Rule, rule, GatewayPrefix + gateway.Id, null, gateway, this);
            gateway.Points.Add(point);
            Add(point, rule, states);
        }
    }

    private void Add(AlarmPoint point, RuleRuntime rule, Dictionary<(string, string), AlarmPoint>? states)
    {
        rule.Points.Add(point);
        rule.PlacesChanged();
        Points++;
        if (states?.Remove((rule.Rule.Rule.Id, point.Source), out var before) == true) point.Restore(before.State);
        else if (_loaded.Remove((rule.Rule.Rule.Id, point.Source), out var saved)) point.Restore(saved);
        if (rule.Rule.NoData.Count > 0 || rule.Rule.Schedule is not null) Schedule(point, Now);
    }

    private bool Holds(RuleRuntime rule, DeviceNode device)
    {
        if (rule.Rule.Rule.Scope is not { } scope) return true;
        if (scope.Devices is { } ids && !ids.Any(id => Fits(id, device.Id))) return false;
        if (scope is { Kind: null, Model: null, Site: null, Area: null }) return true;
        var known = _registry.Device(device.Id)?.Value;
        if (scope.Kind is { } kind && kind != (known?.Model is { } model ? _registry.Models.FirstOrDefault(one => one.Value.Id == model)?.Value.Kind ?? device.Kind : device.Kind)) return false;
        if (scope.Model is { } wanted && wanted != known?.Model) return false;
        if (scope.Site is { } site && site != known?.Site) return false;
        return scope.Area is not { } area || (known is not null && (known.Area ?? SiteOf(known)?.Area) is { } lies && (lies == area || lies.StartsWith(area + "/", StringComparison.Ordinal)));
    }

    private AlarmPoint? Find(string rule, string source) =>
        source.StartsWith(GatewayPrefix, StringComparison.Ordinal) ? _gateways.GetValueOrDefault(source[GatewayPrefix.Length..])?.Points.Find(point => point.Rule.Rule.Id == rule)
        : _devices.GetValueOrDefault(source)?.Points.Find(point => point.Rule.Rule.Id == rule);

    private IEnumerable<AlarmPoint> AllPoints() => _rules.Values.SelectMany(rule => rule.Points);

    private static AlarmView ViewOf(AlarmPoint point) => new(point.Rule.Rule.Id, point.Source, point.Shown, point.State.Alarm, point.State.RaisedAt, point.State.IsAcknowledged, point.State.IsUnstable,
        point.State.IsShelved ? point.State.ShelvedUntil : null, point.State.AsideBy, point.State.AsideWhy, point.State.SuppressedBy);

    private static bool IsNarrow(RuleRuntime rule) => rule.Rule.Rule.Scope?.Devices is { Count: > 0 } ids && !ids.Any(id => id.Contains('*'));

    /// <summary>Whether an id is as a pattern says, in which a star stands for any characters.</summary>
    private static bool Fits(string pattern, string id)
    {
        if (!pattern.Contains('*')) return pattern == id;
        var parts = pattern.Split('*');
        if (!id.StartsWith(parts[0], StringComparison.Ordinal)) return false;
        var at = parts[0].Length;
        for (var i = 1; i < parts.Length - 1; i++)
        {
            at = id.IndexOf(parts[i], at, StringComparison.Ordinal);
            if (at < 0) return false;
            at += parts[i].Length;
        }
        return id.Length - at >= parts[^1].Length && id.EndsWith(parts[^1], StringComparison.Ordinal);
    }

    private static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    private readonly record struct Waiting(SeriesMemory Memory, long Time, double Number, string? Text, ReadingQuality Quality, bool IsLive);

    /// <summary>What a series number of the batches stands for.</summary>
    private struct Slot
    {
        public DeviceNode? Device;
        public string? Metric;
        public SeriesMemory? Memory;
        public bool IsAboutDevice;
    }

    private sealed class ReadingOrder : IComparer<(long Time, string Device, string Metric, long Order)>
    {
        public static ReadingOrder Instance { get; } = new();

        public int Compare((long Time, string Device, string Metric, long Order) one, (long Time, string Device, string Metric, long Order) other)
        {
            var order = one.Time.CompareTo(other.Time);
            if (order == 0) order = string.CompareOrdinal(one.Device, other.Device);
            if (order == 0) order = string.CompareOrdinal(one.Metric, other.Metric);
            return order == 0 ? one.Order.CompareTo(other.Order) : order;
        }
    }
}

/// <summary>What an operator sees of an alarm at a device.</summary>
/// <param name="Rule">Id of the rule.</param>
/// <param name="Source">Device id, or <c>gateway/</c> and the gateway's.</param>
/// <param name="State">State.</param>
/// <param name="Alarm">Number of the open alarm; 0 = none.</param>
/// <param name="RaisedAt">When it was raised last, µs since 1970 UTC.</param>
/// <param name="IsAcknowledged">Whether somebody took note.</param>
/// <param name="IsUnstable">Whether it comes and goes.</param>
/// <param name="ShelvedUntil">End of shelving, µs since 1970 UTC, 0 = with the alarm; null where it is not shelved.</param>
/// <param name="AsideBy">Who put it aside.</param>
/// <param name="AsideWhy">Why.</param>
/// <param name="SuppressedBy"><c>gateway</c>, <c>schedule</c> or <c>design</c>; null where it is not.</param>
public sealed record AlarmView(string Rule, string Source, AlarmState State, long Alarm, long RaisedAt, bool IsAcknowledged, bool IsUnstable, long? ShelvedUntil, string? AsideBy, string? AsideWhy, string? SuppressedBy);
