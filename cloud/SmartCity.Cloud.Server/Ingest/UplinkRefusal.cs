using Grpc.Core;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>The stream ends because of what the gateway sent. Becomes a <see cref="Rejected"/> and the call's status.</summary>
internal sealed class UplinkRefusal : Exception
{
    public UplinkRefusal(string code, StatusCode status, string reason) : base(reason) => (Code, Status) = (code, status);

    /// <summary>Stable code, <c>E-UPLINK-…</c>.</summary>
    public string Code { get; }
    public StatusCode Status { get; }
    public Protos.Uplink.V1.Lane Lane { get; init; }
    public ulong Epoch { get; init; }
    public ulong ExpectedFirst { get; init; }

    public Rejected ToMessage() => new() { Code = Code, Reason = Message, Lane = Lane, Epoch = Epoch, ExpectedFirst = ExpectedFirst };
}
