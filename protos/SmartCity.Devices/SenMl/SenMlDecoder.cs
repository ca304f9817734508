using System.Text;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;

namespace SmartCity.Devices.SenMl;

/// <summary>
/// Decodes SenML packs (RFC 8428) of a topic's device into a <see cref="ReadingBatch"/>. Never throws, for any payload. A pack that cannot be read, of an
/// unknown version or with a field that must be understood is rejected whole; a record that is of no use costs only itself.
/// </summary>
/// <remarks>
/// The resolved name is base name + name. Its metric is what follows the device: where the name begins with the device id, or with <c>urn:dev:{type}:</c>
/// and the device id, that is left out with one <c>: / . _ -</c> behind it, and an empty rest is <c>value</c>; any other name is the metric as it stands.
/// A sum is the metric <c>{metric}.sum</c>. Octets (<c>vd</c>) are kept as their base64 text. Units are not carried: they are the device model's.
/// Times below 2^28 are seconds relative to the receive time; such readings have the flag of the gateway's time.
/// One decoder serves one thread at a time.
/// </remarks>
public sealed class SenMlDecoder : IDisposable
{
    /// <summary>Version that is understood: 10, of RFC 8428, and those before it.</summary>
    public const int VersionMax = 10;
    /// <summary>Times from here on are seconds since 1970; below, relative to now (section 4.5.3).</summary>
    public const double RelativeEnd = 1 << 28;

    private readonly PayloadLimits _limits;
    private readonly TelemetryDecoder _telemetry;
    private readonly TelemetryWriter _writer = new();
    private readonly RejectionList _rejections = new();
    private readonly List<SenMlRecord> _records = [];

    // Base fields hold from the record in which they stand.
    private string _baseName = "";
    private double? _baseTime;
    private double _baseValue, _baseSum;

    /// <summary>Creates a decoder.</summary>
    /// <param name="numbering">Gives series their numbers.</param>
    /// <param name="limits">Bounds; the contract's if null.</param>
    public SenMlDecoder(ISeriesNumbering numbering, PayloadLimits? limits = null)
    {
        _limits = limits ?? PayloadLimits.Default;
        _telemetry = new TelemetryDecoder(numbering, _limits);
    }

    /// <summary>What the last payload lost, the first 32 with words; valid until the next one.</summary>
    public IReadOnlyList<Rejection> Rejections => _rejections.Worded;

    /// <summary>What the last payload lost, a line each, for its dead letter; empty if it lost nothing.</summary>
    public string DescribeRejections() => _rejections.Describe();

    /// <summary>Decodes one pack and adds its readings to <paramref name="batch"/>.</summary>
    /// <param name="device">What is known of the topic's device.</param>
    /// <param name="pack">The payload.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="batch">Where the readings go, behind those it holds.</param>
    /// <param name="receipt">When it came.</param>
    public PayloadOutcome Decode(DeviceSeries device, ReadOnlySpan<byte> pack, SenMlFormat format, ReadingBatch batch, Receipt receipt)
    {
        _records.Clear();
        _rejections.Clear();
        (_baseName, _baseTime, _baseValue, _baseSum) = ("", null, 0, 0);
        var first = batch.Count;
        var fault = format == SenMlFormat.Json ? SenMlJson.Read(pack, _limits, _records) : SenMlCbor.Read(pack, _limits, _records);
        if (fault.Reason == RejectReason.None) fault = Understand();
        if (fault.Reason != RejectReason.None)
        {
            _rejections.Add(fault.Reason, fault.Offset, -1, Encoding.UTF8.GetBytes(fault.Name), pack[Math.Min(fault.Offset, pack.Length)..], fault.Words);
            return new PayloadOutcome(0, 0, 1, true);
        }
        for (var i = 0; i < _records.Count; i++)
            if (Resolve(device, _records[i], batch, receipt) is { Reason: not RejectReason.None } wrong) _rejections.Add(wrong.Reason, wrong.Offset, i, Encoding.UTF8.GetBytes(wrong.Name), default, wrong.Words);
        return new PayloadOutcome(batch.Count - first, 0, _rejections.Count, false);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    /// <summary>Looks over the whole pack for what makes all of it unreadable.</summary>
    private SenMlFault Understand()
    {
        double? version = null;
        foreach (var record in _records)
            foreach (var item in record.Items ?? [])
            {
                if (item.Field == SenMlField.MustUnderstand) return new SenMlFault(RejectReason.SenMlField, record.Offset, "this field must be understood and is not known here; send packs without it", item.Text);
                if (item.Field != SenMlField.BaseVersion) continue;
                if (item.Kind != SenMlKind.Number || item.Number is not (>= 1 and <= VersionMax) || (version is { } before && before != item.Number))
                    return new SenMlFault(RejectReason.SenMlVersion, record.Offset, $"the version is one number from 1 to {VersionMax} for the whole pack");
                version = item.Number;
            }
        return default;
    }

    private SenMlFault Resolve(DeviceSeries device, SenMlRecord record, ReadingBatch batch, Receipt receipt)
    {
        if (record.Items is not { } items) return new SenMlFault(RejectReason.JsonShape, record.Offset, "a record is a map of fields");
        SenMlItem? value = null;
        double? time = null, sum = null;
        string? name = null;
        var seen = new HashSet<SenMlField>();
        // All base fields are taken before anything is judged: those behind must not be read against others because of what is wrong here.
        SenMlFault wrong = default;
        foreach (var item in items)
        {
            if (item.Field == SenMlField.Other) continue;
            if (!seen.Add(item.Field)) wrong = new SenMlFault(RejectReason.ValueDuplicate, record.Offset, $"the field {item.Field} stands twice in the record");
            else if (!Fits(item)) wrong = new SenMlFault(item.Kind == SenMlKind.Number ? RejectReason.ValueOverflow : RejectReason.SenMlField, record.Offset, $"the field {item.Field} does not hold what it should, or a number that is not finite");
            else
                switch (item.Field)
                {
                    case SenMlField.BaseName: _baseName = item.Text; break;
                    case SenMlField.BaseTime: _baseTime = item.Number; break;
                    case SenMlField.BaseValue: _baseValue = item.Number; break;
                    case SenMlField.BaseSum: _baseSum = item.Number; break;
                    case SenMlField.Name: name = item.Text; break;
                    case SenMlField.Time: time = item.Number; break;
                    case SenMlField.Sum: sum = item.Number; break;
                    case SenMlField.Value or SenMlField.TextValue or SenMlField.BoolValue or SenMlField.DataValue:
                        if (value is not null) wrong = new SenMlFault(RejectReason.ValueDuplicate, record.Offset, "a record has one value, of v, vs, vb and vd");
                        value = item;
                        break;
                }
        }
        if (wrong.Reason != RejectReason.None) return wrong;
        if (value is null && sum is null)
            return name is null && seen.Count > 0 ? default : new SenMlFault(RejectReason.SenMlField, record.Offset, "a record has a value (v, vs, vb or vd) or a sum (s), or base fields alone");
        if (!TryMetric(device.Id, _baseName + name, out var metric)) return new SenMlFault(RejectReason.ValueName, record.Offset, $"a name is 1 to {_limits.NameBytesMax} of A-Za-z0-9 - : . / _, the first a letter or digit, and not ts, boot or seq", _baseName + name);
        double? seconds = _baseTime is null && time is null ? null : (_baseTime ?? 0) + (time ?? 0);
        if (!TryTime(seconds, receipt.Received, out var micros, out var isRelative)) return new SenMlFault(RejectReason.TimeRange, record.Offset, "the time lies outside the years 1 to 9999; it is in seconds");
        return Write(device, record, metric, value, sum, seconds is null or 0 ? null : micros, isRelative, batch, receipt);
    }

    private SenMlFault Write(DeviceSeries device, SenMlRecord record, string metric, SenMlItem? value, double? sum, long? micros, bool isRelative, ReadingBatch batch, Receipt receipt)
    {
        _writer.Clear();
        _writer.Begin(null);
        // Milliseconds with a fraction: the exact microseconds.
        if (micros is { } exact) _writer.AddDigits("ts"u8, Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{exact / 1_000m}")));
        var name = Encoding.UTF8.GetBytes(metric);
        if (value is { } held)
        {
            var number = held.Number + _baseValue;
            if (held.Field == SenMlField.Value && !double.IsFinite(number)) return new SenMlFault(RejectReason.ValueOverflow, record.Offset, "base value and value together are beyond the range of a double");
            if (held.Field == SenMlField.Value) _writer.Add(name, number);
            else if (held.Field == SenMlField.BoolValue) _writer.Add(name, held.Number != 0);
            else _writer.Add(name, Encoding.UTF8.GetBytes(held.Text));
        }
        if (sum is { } added)
        {
            if (!double.IsFinite(added + _baseSum)) return new SenMlFault(RejectReason.ValueOverflow, record.Offset, "base sum and sum together are beyond the range of a double");
            _writer.Add(Encoding.UTF8.GetBytes(metric + ".sum"), added + _baseSum);
        }
        _writer.End();
        var first = batch.Count;
        var outcome = _telemetry.Decode(device, _writer.Written.Span, batch, receipt);
        if (isRelative)
            for (var i = first; i < batch.Count; i++) batch.Quality[i] |= ReadingQuality.GatewayTime | (receipt.MayBeRepeat ? ReadingQuality.RepeatedSequence : ReadingQuality.Good);
        return outcome.Rejected == 0 ? default : new SenMlFault(_telemetry.Rejections[0].Reason, record.Offset, string.Join("; ", _telemetry.Rejections.Select(one => one.Text)));
    }

    private static bool Fits(SenMlItem item) => item.Field switch
    {
        SenMlField.BaseName or SenMlField.BaseUnit or SenMlField.Name or SenMlField.Unit or SenMlField.TextValue => item.Kind == SenMlKind.Text,
        SenMlField.BoolValue => item.Kind == SenMlKind.Bool,
        SenMlField.DataValue => item.Kind is SenMlKind.Text or SenMlKind.Data,
        _ => item.Kind == SenMlKind.Number && double.IsFinite(item.Number),
    };

    private static bool TryTime(double? seconds, long received, out long micros, out bool isRelative)
    {
        (micros, isRelative) = (received, seconds is null or < RelativeEnd);
        if (seconds is not { } time) return true;
        var exact = Math.Round(time * UnixMicros.PerSecond);
        // Compared as doubles, whose nearest neighbours at the ends are a thousand seconds within what a long can hold.
        if (Math.Abs(exact) > UnixMicros.Max) return false;
        micros = (isRelative ? received : 0) + (long)exact;
        return micros >= UnixMicros.Min && micros <= UnixMicros.Max;
    }

    /// <summary>The metric of a resolved name (section 4.5.1), which begins with a letter or digit.</summary>
    private bool TryMetric(string device, string name, out string metric)
    {
        metric = name;
        if (name.Length == 0 || name.Length > _limits.NameBytesMax || !char.IsAsciiLetterOrDigit(name[0])) return false;
        foreach (var letter in name)
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or ':' or '.' or '/' or '_')) return false;
        var rest = name;
        if (!rest.StartsWith(device, StringComparison.Ordinal) && rest.StartsWith("urn:dev:", StringComparison.Ordinal) && rest.IndexOf(':', 8) is > 0 and var end) rest = rest[(end + 1)..];
        if (rest.StartsWith(device, StringComparison.Ordinal))
        {
            rest = rest[device.Length..];
            if (rest.Length <= 1) metric = rest.Length == 0 || IsMark(rest[0]) ? "value" : name;
            else if (IsMark(rest[0])) metric = rest[1..];
        }
        return metric is not ("ts" or "boot" or "seq");
    }

    private static bool IsMark(char letter) => letter is ':' or '/' or '.' or '_' or '-';
}
