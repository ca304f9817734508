namespace SmartCity.Devices.SenMl;

/// <summary>Takes a pack of CBOR apart (RFC 8428 section 6).</summary>
internal static class SenMlCbor
{
    public static SenMlFault Read(ReadOnlySpan<byte> cbor, PayloadLimits limits, List<SenMlRecord> records)
    {
        var cursor = new CborCursor(cbor, limits.DepthMax);
        var left = cursor.Enter(4);
        while (cursor.Next(ref left))
        {
            if (records.Count == limits.ValuesMax) return new SenMlFault(RejectReason.JsonLimit, cursor.At, $"more than {limits.ValuesMax} records; send smaller packs");
            records.Add(Record(ref cursor));
        }
        if (!cursor.IsSound) return cursor.Fault;
        return cursor.IsAtEnd ? default : new SenMlFault(RejectReason.CborSyntax, cursor.At, "something stands behind the pack");
    }

    private static SenMlRecord Record(ref CborCursor cursor)
    {
        var offset = cursor.At;
        if (cursor.Major != 5)
        {
            cursor.Any();
            return new SenMlRecord(offset, null);
        }
        var items = new List<SenMlItem>();
        var left = cursor.Enter(5);
        while (cursor.Next(ref left))
        {
            var (kind, label, name) = cursor.Any();
            if (!cursor.IsSound) break;
            var (what, number, text) = cursor.Any();
            items.Add(FieldOf(kind, label, name) is var field && field is SenMlField.Other or SenMlField.MustUnderstand
                ? new SenMlItem(field, SenMlKind.Other, 0, name)
                : new SenMlItem(field, what, number, text));
        }
        return new SenMlRecord(offset, items);
    }

    /// <summary>Labels of known fields are integers; others are named by text as in JSON.</summary>
    private static SenMlField FieldOf(SenMlKind kind, double label, string name)
    {
        if (kind == SenMlKind.Number) return label is >= -6 and <= 8 && label == Math.Floor(label) ? (SenMlField)(int)label : SenMlField.Other;
        return kind == SenMlKind.Text && name.EndsWith('_') ? SenMlField.MustUnderstand : SenMlField.Other;
    }
}
