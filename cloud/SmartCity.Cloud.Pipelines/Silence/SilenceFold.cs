using System.Buffers;
using System.Text.Json;
using SmartCity.Cloud.Pipelines.Frame;

namespace SmartCity.Cloud.Pipelines.Silence;

/// <summary>
/// Finds what has fallen silent. Each device's usual interval is learned from when it is heard, so that nothing needs to be configured.
/// A dead gateway is one event and not one for each device behind it.
/// </summary>
public sealed class SilenceFold(SilenceOptions options) : IFold<Heard, SilenceEvent>
{
    private readonly KeyedFolds<string, Heard, SilenceEvent> _gateways = new(gateway => new GatewaySilenceFold(gateway, options));
    private readonly Dictionary<string, string> _gatewayOf = new(StringComparer.Ordinal);
    private readonly List<SilenceEvent> _said = [];

    /// <summary>Steps that failed for one gateway since the start; the others went on.</summary>
    public long Faults => _gateways.Faults;

    /// <summary>All devices, in no order.</summary>
    public IEnumerable<DeviceSilence> Devices => _gateways.Folds.Values.SelectMany(fold => ((GatewaySilenceFold)fold).Devices);

    /// <summary>The gateways with when each was last heard (µs since 1970 UTC) and whether it is silent.</summary>
    public IEnumerable<(string Gateway, long LastHeard, bool IsSilent)> Gateways =>
        _gateways.Folds.Select(pair => (pair.Key, ((GatewaySilenceFold)pair.Value).LastHeard, ((GatewaySilenceFold)pair.Value).IsSilent));

    /// <inheritdoc/>
    public void Apply(Heard input, ICollection<SilenceEvent> outputs)
    {
        foreach (var device in input.Devices)
        {
            if (_gatewayOf.TryGetValue(device, out var former) && former == input.Gateway) continue;
            // A device that drives by, or was wired to another box, is judged where it was last heard.
            if (former is not null && _gateways.Folds.TryGetValue(former, out var fold)) ((GatewaySilenceFold)fold).Forget(device);
            _gatewayOf[device] = input.Gateway;
        }
        _gateways.Apply(input.Gateway, input, _said);
        Say(outputs);
    }

    /// <inheritdoc/>
    public void Advance(long now, ICollection<SilenceEvent> outputs)
    {
        _gateways.Advance(now, _said);
        Say(outputs);
    }

    /// <summary>The listener itself was away: whoever was not silent before has its whole time again from <paramref name="now"/>, µs since 1970 UTC.</summary>
    public void Resume(long now)
    {
        foreach (var fold in _gateways.Folds.Values) ((GatewaySilenceFold)fold).Resume(now);
    }

    /// <inheritdoc/>
    public void Save(IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        foreach (var (gateway, fold) in _gateways.Folds)
        {
            var state = new ArrayBufferWriter<byte>();
            fold.Save(state);
            writer.WritePropertyName(gateway);
            writer.WriteRawValue(state.WrittenSpan);
        }
        writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<byte> state)
    {
        var loaded = new Dictionary<string, GatewaySilenceFold>(StringComparer.Ordinal);
        try
        {
            foreach (var (gateway, json) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(state) ?? [])
            {
                var fold = new GatewaySilenceFold(gateway, options);
                fold.Load(System.Text.Encoding.UTF8.GetBytes(json.GetRawText()));
                loaded.Add(gateway, fold);
            }
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"This is no state of the silence pipeline: {error.Message}", error);
        }
        _gateways.Clear();
        _gatewayOf.Clear();
        foreach (var (gateway, fold) in loaded)
        {
            _gateways.Set(gateway, fold);
            foreach (var device in fold.Devices) _gatewayOf[device.Device] = gateway;
        }
    }

    private void Say(ICollection<SilenceEvent> outputs)
    {
        foreach (var said in _said) outputs.Add(said);
        _said.Clear();
    }
}
