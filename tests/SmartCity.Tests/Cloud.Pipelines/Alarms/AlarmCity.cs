using System.Buffers;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Pipelines.Silence;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Pipelines.Alarms;

/// <summary>The alarms of a city in virtual time: readings come as they are told, time passes as it is told.</summary>
internal sealed class AlarmCity
{
    public const string Gateway = "g";
    public static readonly long Start = UnixMicros.From(new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero));

    private readonly List<SeriesKey> _series = [];
    private readonly AlarmOptions _options;
    private AlarmFold _fold;

    public AlarmCity(params AlarmRule[] rules) : this(new AlarmSettings { Rules = rules, Channels = [Channel("room"), Channel("chief")] })
    {
    }

    public AlarmCity(AlarmSettings settings, AlarmOptions? options = null, IDeviceRegistry? registry = null)
    {
        Plan = AlarmPlan.Of(settings);
        _options = options ?? new AlarmOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran") };
        Registry = registry ?? new FixedRegistry();
        Now = Start;
        _fold = New();
        _fold.Advance(Now, Said);
        _fold.SetPlan(Plan, Said);
    }

    public AlarmPlan Plan { get; private set; }
    public IDeviceRegistry Registry { get; }
    public AlarmFold Fold => _fold;
    public long Now { get; private set; }
    public List<AlarmOutput> Said { get; } = [];
    public IEnumerable<AlarmTransition> Transitions => Said.OfType<AlarmTransition>();
    public IEnumerable<AlarmNotice> Notices => Said.OfType<AlarmNotice>();
    /// <summary>What was said of alarms, short.</summary>
    public IEnumerable<string> Story => Transitions.Select(one => $"{(one.At - Start) / (double)UnixMicros.PerSecond:0.#} {one.Rule} {one.Source} {one.Change} {one.State}");

    public static AlarmChannel Channel(string id) => new() { Id = id, Kind = AlarmChannelKind.Webhook, Url = "http://127.0.0.1/" };

    /// <summary>A rule with a written response.</summary>
    public static AlarmRule Rule(string id, string when) => new()
    {
        Id = id, When = when, Cause = "cause", Consequence = "consequence", Action = "action", RespondWithin = TimeSpan.FromMinutes(10), Priority = AlarmPriority.Medium,
    };

    /// <summary>Readings of now arrive.</summary>
    public void Send(params (string Device, string Metric, object Value)[] values) => Send(ReadingQuality.Good, TimeSpan.Zero, Gateway, values);

    /// <summary>Readings arrive that are so old, by a gateway.</summary>
    public void Send(ReadingQuality quality, TimeSpan age, string gateway, params (string Device, string Metric, object Value)[] values)
    {
        var batch = new ReadingBatch();
        foreach (var (device, metric, value) in values) Add(batch, device, metric, Now - (long)age.TotalMicroseconds, value, quality);
        Send(new AlarmReadings(gateway, Now, batch));
    }

    public void Add(ReadingBatch batch, string device, string metric, long time, object value, ReadingQuality quality = ReadingQuality.Good)
    {
        var key = new SeriesKey(device, metric);
        var number = _series.IndexOf(key);
        if (number < 0)
        {
            number = _series.Count;
            _series.Add(key);
        }
        switch (value)
        {
            case string text: batch.AddText(number, time, time, System.Text.Encoding.UTF8.GetBytes(text), quality); break;
            case bool truth: batch.Add(number, time, time, ValueKind.Bool, truth ? 1 : 0, quality); break;
            default: batch.Add(number, time, time, Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture), quality); break;
        }
    }

    public void Send(AlarmInput input) => _fold.Apply(input, Said);

    /// <summary>Time passes, with a look at the clock each second; the gateway is heard all the while.</summary>
    public void Pass(TimeSpan time, bool isGatewayHeard = true)
    {
        for (var end = Now + (long)time.TotalMicroseconds; Now < end;)
        {
            Now = Math.Min(end, Now + UnixMicros.PerSecond);
            if (isGatewayHeard) Send(new AlarmSign(Gateway, Now));
            _fold.Advance(Now, Said);
        }
    }

    public void Pass(int seconds) => Pass(TimeSpan.FromSeconds(seconds));

    public void GoTo(long now)
    {
        Now = Math.Max(Now, now);
        _fold.Advance(Now, Said);
    }

    public void Silence(string? device, bool isSilent, string gateway = Gateway) => Send(new AlarmSilence(new SilenceEvent(gateway, device, isSilent, Now, Now)));

    public void Do(AlarmAction action, string rule, string source, string? note = null, TimeSpan? shelved = null, long alarm = 0) =>
        Send(new AlarmCommand(rule, source, action, "mina", Now, note, shelved is { } span ? Now + (long)span.TotalMicroseconds : 0, alarm));

    public AlarmState StateOf(string rule, string source) => _fold.View(rule, source)?.State ?? AlarmState.Normal;

    public void Change(params AlarmRule[] rules)
    {
        Plan = AlarmPlan.Of(Plan.Settings with { Rules = rules });
        _fold.SetPlan(Plan, Said);
    }

    /// <summary>The process ends and another takes on its state.</summary>
    public void Restart()
    {
        var state = new ArrayBufferWriter<byte>();
        _fold.Save(state);
        _fold = New();
        _fold.SetPlan(Plan, Said);
        _fold.Load(state.WrittenSpan);
    }

    private AlarmFold New() => new(_options, Registry, number => _series[number]);
}

/// <summary>A registry that stands as it is written.</summary>
internal sealed class FixedRegistry : IDeviceRegistry
{
    public long Revision { get; set; }
    public IReadOnlyList<Versioned<DeviceModel>> Models { get; init; } = [];
    public IReadOnlyList<Versioned<Site>> Sites { get; init; } = [];
    public IReadOnlyList<Versioned<RegisteredDevice>> Devices { get; init; } = [];
    public IReadOnlyList<Versioned<RegisteredGateway>> Gateways => [];

    public Versioned<RegisteredDevice>? Device(string id) => Devices.FirstOrDefault(device => device.Value.Id == id);

    public MetricModel? MetricOf(SeriesKey series) => null;

    public RegistryResult Apply(IReadOnlyList<RegistryChange> changes, bool isDryRun = false) => throw new NotSupportedException();
}
