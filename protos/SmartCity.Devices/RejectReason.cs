namespace SmartCity.Devices;

/// <summary>Why a payload, an element of it or one value of it is of no use. <see cref="RejectReasons.CodeOf"/> gives the code that people and counters see.</summary>
public enum RejectReason : byte
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,
    /// <summary>The payload has no bytes.</summary>
    JsonEmpty,
    /// <summary>The payload ends in the middle.</summary>
    JsonTruncated,
    /// <summary>The payload is not JSON.</summary>
    JsonSyntax,
    /// <summary>The payload is nested too deep.</summary>
    JsonDepth,
    /// <summary>Neither an object nor an array of objects.</summary>
    JsonShape,
    /// <summary>More values than a message may have.</summary>
    JsonLimit,
    /// <summary>A time that is neither milliseconds since 1970 nor RFC 3339 with an offset.</summary>
    TimeFormat,
    /// <summary>A time outside the years 1–9999.</summary>
    TimeRange,
    /// <summary>A number beyond the range of a double.</summary>
    ValueOverflow,
    /// <summary>A text of more than 256 bytes.</summary>
    ValueTooLong,
    /// <summary>A text that is not Unicode.</summary>
    ValueEncoding,
    /// <summary>A value of another kind than those before it in its series.</summary>
    ValueKind,
    /// <summary>The key stands twice in the element, or collides with a nested one.</summary>
    ValueDuplicate,
    /// <summary>The name of the metric is empty, too long or not Unicode.</summary>
    ValueName,
    /// <summary>The device or the gateway has as many series as it may.</summary>
    ValueSeries,
    /// <summary><c>boot</c> or <c>seq</c> is no unsigned 64-bit integer.</summary>
    ValueReserved,
    /// <summary>A member of a toll event is missing.</summary>
    TollMissing,
    /// <summary>A member of a toll event is not as the contract says.</summary>
    TollMember,
    /// <summary>The payload ends in the middle of CBOR.</summary>
    CborTruncated,
    /// <summary>The payload is not CBOR.</summary>
    CborSyntax,
    /// <summary>CBOR nested too deep.</summary>
    CborDepth,
    /// <summary>A field of SenML that must be understood and is not, is missing or holds what it may not.</summary>
    SenMlField,
    /// <summary>A version of SenML that is not known.</summary>
    SenMlVersion,
    /// <summary>The payload is not CSV, or does not name its columns.</summary>
    CsvSyntax,
    /// <summary>A row of CSV with another number of cells than there are columns.</summary>
    CsvRow,
    /// <summary>A foreign message that does not say which device it is of, or by no valid id.</summary>
    MappingDevice,
    /// <summary>A value that is not as its mapping says.</summary>
    MappingValue,
}

/// <summary>The codes of <see cref="RejectReason"/>.</summary>
public static class RejectReasons
{
    /// <summary>The code, e.g. <c>json:truncated</c>.</summary>
    public static string CodeOf(RejectReason reason) => reason switch
    {
        RejectReason.JsonEmpty => "json:empty",
        RejectReason.JsonTruncated => "json:truncated",
        RejectReason.JsonSyntax => "json:syntax",
        RejectReason.JsonDepth => "json:depth",
        RejectReason.JsonShape => "json:shape",
        RejectReason.JsonLimit => "json:limit",
        RejectReason.TimeFormat => "time:format",
        RejectReason.TimeRange => "time:range",
        RejectReason.ValueOverflow => "value:overflow",
        RejectReason.ValueTooLong => "value:too-long",
        RejectReason.ValueEncoding => "value:encoding",
        RejectReason.ValueKind => "value:kind",
        RejectReason.ValueDuplicate => "value:duplicate",
        RejectReason.ValueName => "value:name",
        RejectReason.ValueSeries => "value:series",
        RejectReason.ValueReserved => "value:reserved",
        RejectReason.TollMissing => "toll:missing",
        RejectReason.TollMember => "toll:member",
        RejectReason.CborTruncated => "cbor:truncated",
        RejectReason.CborSyntax => "cbor:syntax",
        RejectReason.CborDepth => "cbor:depth",
        RejectReason.SenMlField => "senml:field",
        RejectReason.SenMlVersion => "senml:version",
        RejectReason.CsvSyntax => "csv:syntax",
        RejectReason.CsvRow => "csv:row",
        RejectReason.MappingDevice => "mapping:device",
        RejectReason.MappingValue => "mapping:value",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A reason has a code."),
    };
}
