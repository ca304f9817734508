namespace SmartCity.Devices.SenMl;

/// <summary>How a SenML pack is written.</summary>
public enum SenMlFormat : byte
{
    /// <summary>JSON, RFC 8428 section 5.</summary>
    Json,
    /// <summary>CBOR, RFC 8428 section 6.</summary>
    Cbor,
}
