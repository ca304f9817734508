using System.ComponentModel.DataAnnotations;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway.Broker;

/// <summary>How an external broker (<see cref="GatewayOptions.Broker"/>) is consumed.</summary>
public sealed record BrokerClientOptions : IValidatableObject
{
    /// <summary>Client id, the name of the session that the broker keeps for us; two gateways must not share one. Default <c>smartcity-gateway-{gateway id}</c>.</summary>
    [StringLength(128)] public string? ClientId { get; init; }
    /// <summary>Topic filters that are subscribed to at QoS 1. Default: telemetry, SenML packs and toll events of every device. The topics of <see cref="GatewayOptions.Mappings"/> are subscribed to beside them.</summary>
    public IReadOnlyList<string> Topics { get; init; } = ["city/v1/+/telemetry", "city/v1/+/toll", "city/v1/+/senml", "city/v1/+/senml-cbor"];
    /// <summary>User name, where it does not stand in the address.</summary>
    public string? UserName { get; init; }
    /// <summary>Password, where it does not stand in the address; a command line is readable by every user of the machine.</summary>
    public string? Password { get; init; }
    /// <summary>PEM file of the authority that signed the broker's certificate (mqtts); the machine's own authorities if null.</summary>
    [ExistingFile] public string? Authority { get; init; }
    /// <summary>PEM file of the certificate that is shown to the broker (mqtts); none by default.</summary>
    [ExistingFile] public string? Certificate { get; init; }
    /// <summary>PEM file of its private key.</summary>
    [ExistingFile(Private = true)] public string? Key { get; init; }
    /// <summary>Messages of QoS 1 that may be under way to our disk at a time, told to the broker as its Receive Maximum. Default 1,000.</summary>
    [Range(1, 65_535)] public int ReceiveMaximum { get; init; } = 1_000;
    /// <summary>Longest packet, told to the broker (5.0), which passes longer ones by. Default 1 MiB.</summary>
    [Range(1_024, 16 << 20)] public int PacketBytesMax { get; init; } = 1 << 20;
    /// <summary>Keep alive; a silent broker is given up after one and a half of it. Default 30 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>First wait before the next connection, or before what was refused is asked for again; doubles up to <see cref="BackOffMax"/>. Default 500 ms.</summary>
    public TimeSpan BackOffMin { get; init; } = TimeSpan.FromMilliseconds(500);
    /// <summary>Longest wait. Default 15 s.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var wrong in CertificatePair.Validate(Certificate, Key)) yield return wrong;
        if (CertificatePair.WrongAuthority(Authority) is { } why) yield return new ValidationResult(why, [nameof(Authority)]);
        if (Topics.Count == 0) yield return new ValidationResult("at least one topic filter is needed.", [nameof(Topics)]);
        foreach (var filter in Topics.Where(filter => filter.Length is 0 or > 512 || filter.Contains('\0', StringComparison.Ordinal) || filter.IndexOf('#', StringComparison.Ordinal) is >= 0 and var at && at != filter.Length - 1))
            yield return new ValidationResult($"\"{filter}\" is no topic filter.", [nameof(Topics)]);
        if (BackOffMin <= TimeSpan.Zero || BackOffMax < BackOffMin) yield return new ValidationResult("must be more than 0s and no more than BackOffMax.", [nameof(BackOffMin)]);
        if (KeepAlive < TimeSpan.FromSeconds(1)) yield return new ValidationResult("must be 1s at least.", [nameof(KeepAlive)]);
    }
}
