using SmartCity.Mqtt.Sessions;

namespace SmartCity.Mqtt.Routing;

/// <summary>One session's subscription.</summary>
/// <param name="Session">Whose.</param>
/// <param name="Filter">Topic filter as the client wrote it, <c>$share/…</c> included.</param>
/// <param name="Options">Subscription options, section 3.8.3.1: bits 0–1 QoS, 2 No Local, 3 Retain As Published, 4–5 Retain Handling.</param>
/// <param name="Identifier">Subscription identifier; 0 = none.</param>
internal sealed record Subscription(Session Session, string Filter, byte Options, uint Identifier)
{
    /// <summary>Whether the session had none on this filter when it came: Retain Handling 1 asks for it.</summary>
    public bool IsNew { get; set; }
    public byte QoS => (byte)(Options & 0x03);
    public bool NoLocal => (Options & 0x04) != 0;
    public bool RetainAsPublished => (Options & 0x08) != 0;
    public byte RetainHandling => (byte)(Options >> 4 & 0x03);
}
