namespace SmartCity.Cloud.Tolling.Reconciliation;

/// <summary>What a gateway numbered for the toll lane, and where it went, as far as the log of the cloud and the store of events know. Of all time: numbers have no date.</summary>
/// <param name="Gateway">Gateway, or the file that was taken in.</param>
/// <param name="Numbered">Numbers from the first to the last that came.</param>
/// <param name="Stored">Events in the store.</param>
/// <param name="Repeated">Events that were there already.</param>
/// <param name="Waiting">Events in the log that the store has not taken yet.</param>
/// <param name="SetAside">Events among the dead letters.</param>
/// <param name="Lost">Numbers that are known to be lost.</param>
public sealed record GatewayCount(string Gateway, long Numbered, long Stored, long Repeated, long Waiting, long SetAside, long Lost);
