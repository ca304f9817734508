using System.Globalization;
using System.Text;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Topics;
using SmartCity.Model;
using SmartCity.Mqtt;

namespace SmartCity.Simulation;

/// <summary>
/// A device that publishes at QoS 1: one message at a time, sent again until it is acknowledged. What it says can be told by heart, so that the store
/// can be compared with what it must hold. What it knows lies outside of everything that breaks.
/// </summary>
internal sealed class Device(int number, Lane lane) : MqttPeer
{
    public int Number { get; } = number;
    public Lane Lane { get; } = lane;
    public string Id { get; } = string.Create(CultureInfo.InvariantCulture, $"d{number}");
    /// <summary>Messages acknowledged: those numbered 1 to this.</summary>
    public int Acknowledged { get; private set; }
    /// <summary>Messages sent at least once.</summary>
    public int Sent { get; private set; }
    /// <summary>Whether its packet waits at the gateway for a commit.</summary>
    public bool IsInFlight { get; private set; }
    /// <summary>Whether acknowledgements reach it; not in the moment in which the power goes.</summary>
    public bool Hears { get; set; } = true;

    public override string ClientId => Id;
    public override string? UserName => null;
    public override System.Net.EndPoint? Remote => null;
    public override bool IsVersion5 => true;
    public override bool IsSecure => false;
    public override DateTimeOffset ConnectedAt => default;
    public override long Publishes => Sent;
    public override int InFlight => IsInFlight ? 1 : 0;

    /// <summary>Sends its next message, or the one that was not acknowledged; false where the gateway has no room.</summary>
    public bool Publish(Edge.Gateway.Intake.Intake intake, DeviceSeries series)
    {
        var number = Acknowledged + 1;
        Sent = Math.Max(Sent, number);
        IsInFlight = intake.Take(series, Lane == Lane.Toll ? TopicKind.Toll : TopicKind.Telemetry, Encoding.UTF8.GetBytes($"city/v1/{Id}/{(Lane == Lane.Toll ? "toll" : "telemetry")}"), Message(number), 1, this, (ushort)(number % 60_000 + 1));
        return IsInFlight;
    }

    /// <summary>Its packet is lost with the gateway that had it.</summary>
    public void Lose() => IsInFlight = false;

    public override void Acknowledge(ushort packetId, byte qos)
    {
        if (!IsInFlight || packetId != (ushort)((Acknowledged + 1) % 60_000 + 1)) throw new BrokenException($"{Id} gets an acknowledgement for what it did not send");
        IsInFlight = false;
        if (Hears) Acknowledged++;
    }

    public override void Refuse(ushort packetId, byte qos, byte reasonCode) => IsInFlight = false;

    public override void Flush()
    {
    }

    public override void Close(byte reasonCode, string reason)
    {
    }

    /// <summary>Number and text of message <paramref name="number"/>; every fifth of telemetry has a value besides that no decoder takes.</summary>
    public (double Value, string Text) Expected(int number) => (number * 1_000.0 + Number, string.Create(CultureInfo.InvariantCulture, $"{Id}-{number}"));

    /// <summary>Values of message <paramref name="number"/> that go to the dead letters.</summary>
    public int Letters(int number) => Lane == Lane.Telemetry && number % 5 == 0 ? 1 : 0;

    public string Toll(int number) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"boot":1,"seq":{{number}},"ts":1795500724000,"clock":"locked","lane":"L","kind":"loop","occupied_ms":{{number * 7 + Number}}}""");

    private byte[] Message(int number)
    {
        if (Lane == Lane.Toll) return Encoding.UTF8.GetBytes(Toll(number));
        var (value, text) = Expected(number);
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"boot":1,"seq":{{number}},"v":{{value}},"t":"{{text}}"{{(Letters(number) > 0 ? ",\"bad\":1e400" : "")}}}"""));
    }
}

/// <summary>Something was lost, duplicated, made up, changed, put out of order or not accounted for, or the city did not recover.</summary>
public sealed class BrokenException(string message) : Exception(message);
