using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>What is known of a gateway beside its data. Replaced as a whole, so that a reader sees one moment.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Connected">Whether its stream is open.</param>
/// <param name="Since">When it was opened or closed.</param>
/// <param name="Remote">Where it came from.</param>
/// <param name="Software">Its software, as it says.</param>
/// <param name="Epoch">Epoch under which it numbers now.</param>
/// <param name="LastBatch">When values came last.</param>
/// <param name="LastStatus">When it reported last.</param>
/// <param name="Status">Its last report.</param>
/// <param name="Refusal">Why its last stream was refused, with the code; null where it was not.</param>
/// <param name="Copy">Why a stream was last refused as one of a copy, with the time; stays until the server starts again, as the copy is still there.</param>
public sealed record GatewayState(
    string Gateway, bool Connected, DateTimeOffset Since, string? Remote = null, string? Software = null, ulong Epoch = 0,
    DateTimeOffset? LastBatch = null, DateTimeOffset? LastStatus = null, Status? Status = null, string? Refusal = null, string? Copy = null);
