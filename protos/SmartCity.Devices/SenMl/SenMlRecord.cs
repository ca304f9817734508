namespace SmartCity.Devices.SenMl;

/// <summary>Fields of a record under their CBOR labels (RFC 8428 section 6, table 4).</summary>
internal enum SenMlField
{
    BaseVersion = -1,
    BaseName = -2,
    BaseTime = -3,
    BaseUnit = -4,
    BaseValue = -5,
    BaseSum = -6,
    Name = 0,
    Unit = 1,
    Value = 2,
    TextValue = 3,
    BoolValue = 4,
    Sum = 5,
    Time = 6,
    UpdateTime = 7,
    DataValue = 8,
    /// <summary>A field that may be passed over.</summary>
    Other = 100,
    /// <summary>A field whose name ends in <c>_</c>: whoever does not know it must refuse the pack (section 4.4).</summary>
    MustUnderstand = 101,
}

/// <summary>What stands in a field.</summary>
internal enum SenMlKind : byte
{
    Other,
    Number,
    Text,
    Bool,
    Data,
}

/// <summary>One field as it was sent.</summary>
/// <param name="Field">Which.</param>
/// <param name="Kind">What stands in it.</param>
/// <param name="Number">The number, perhaps infinite; 1 for true.</param>
/// <param name="Text">The text; octets as base64 with the URL alphabet; the name of a field that is not known.</param>
internal readonly record struct SenMlItem(SenMlField Field, SenMlKind Kind, double Number, string Text);

/// <summary>One record as it was sent.</summary>
/// <param name="Offset">Where in the payload it begins.</param>
/// <param name="Items">Its fields in their order; null where it is no map.</param>
internal sealed record SenMlRecord(int Offset, List<SenMlItem>? Items);

/// <summary>Why a pack cannot be read.</summary>
/// <param name="Reason">Why; <see cref="RejectReason.None"/> where it can.</param>
/// <param name="Offset">Where.</param>
/// <param name="Words">What to do.</param>
/// <param name="Name">The name that is meant, as it was sent.</param>
internal readonly record struct SenMlFault(RejectReason Reason, int Offset, string Words, string Name = "");
