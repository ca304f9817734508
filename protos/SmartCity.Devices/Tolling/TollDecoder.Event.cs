using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Devices.Tolling;

public sealed partial class TollDecoder
{
    private const int LaneBytesMax = 128;

    /// <summary>The common members, as far as they are read.</summary>
    private struct Common
    {
        public ulong? Boot, Sequence;
        public long? Time;
        public TollClock Clock;
        public string? Lane;
        public TollEventKind Kind;
    }

    /// <summary>Reads the element that the reader stands on, and adds its event or its rejection.</summary>
    private void ReadElement(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, DeviceSeries device, Receipt receipt, int element)
    {
        var start = (int)reader.TokenStartIndex;
        var inside = reader;
        reader.Skip();
        var text = json[start..(int)reader.BytesConsumed];
        if (inside.TokenType != JsonTokenType.StartObject)
        {
            _rejections.Add(RejectReason.JsonShape, start, element, default, text, "an element is one JSON object");
            return;
        }
        if (!Utf8.IsValid(text))
        {
            _rejections.Add(RejectReason.ValueEncoding, start, element, default, text, "is not UTF-8");
            return;
        }
        var further = inside;
        if (!ReadCommon(ref inside, json, element, out var common) || !HasCommon(common, start, element) || !HoldsFurther(ref further, common.Kind, start, element)) return;

        var time = common.Time!.Value;
        var quality = receipt.ClockTrusted ? ReadingQuality.Good : ReadingQuality.ClockNotTrusted;
        if (receipt.ClockTrusted && (time < DeviceTime.Earliest || time - receipt.Received > _limits.AheadMax.Ticks / 10))
        {
            // The device's own time stays in the event's JSON.
            time = receipt.Received;
            quality |= ReadingQuality.TimeReplaced;
        }
        _events.Add(new TollEvent(device.Id, common.Boot!.Value, common.Sequence!.Value, time, receipt.Received, common.Clock, common.Lane!, common.Kind, quality, text.ToArray()));
    }

    private bool ReadCommon(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, int element, out Common common)
    {
        common = default;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = CommonName(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (name is null || reader.TokenType == JsonTokenType.Null)
            {
                reader.Skip();
                continue;
            }
            var reason = TryReadCommon(ref reader, name, ref common, out var expects);
            reader.Skip();
            if (reason == RejectReason.None) continue;
            _rejections.Add(reason, start, element, Encoding.ASCII.GetBytes(name), json[start..(int)reader.BytesConsumed], expects);
            return false;
        }
        return true;
    }

    private static string? CommonName(ref Utf8JsonReader reader) =>
        reader.Is("boot"u8) ? "boot" : reader.Is("seq"u8) ? "seq" : reader.Is("ts"u8) ? "ts"
        : reader.Is("clock"u8) ? "clock" : reader.Is("lane"u8) ? "lane" : reader.Is("kind"u8) ? "kind" : null;

    private static RejectReason TryReadCommon(ref Utf8JsonReader reader, string name, ref Common common, out string expects)
    {
        expects = "stands here a second time; an event has each member once";
        switch (name)
        {
            case "boot":
                if (common.Boot is not null) return RejectReason.ValueDuplicate;
                expects = "is no unsigned 64-bit integer";
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out var boot)) return RejectReason.TollMember;
                common.Boot = boot;
                return RejectReason.None;
            case "seq":
                if (common.Sequence is not null) return RejectReason.ValueDuplicate;
                expects = "is no unsigned 64-bit integer from 1";
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out var sequence) || sequence == 0) return RejectReason.TollMember;
                common.Sequence = sequence;
                return RejectReason.None;
            case "ts":
                if (common.Time is not null) return RejectReason.ValueDuplicate;
                var reason = ReadTime(ref reader, out var time);
                expects = reason == RejectReason.TimeRange ? "lies outside the years 1 to 9999" : "is no time; ts is RFC 3339 with Z or an offset, or milliseconds since 1970";
                common.Time = time;
                return reason;
            case "clock":
                if (common.Clock != 0) return RejectReason.ValueDuplicate;
                expects = "is none of locked, holdover, free";
                common.Clock = reader.TokenType != JsonTokenType.String ? 0
                    : reader.Is("locked"u8) ? TollClock.Locked : reader.Is("holdover"u8) ? TollClock.Holdover : reader.Is("free"u8) ? TollClock.Free : 0;
                return common.Clock == 0 ? RejectReason.TollMember : RejectReason.None;
            case "lane":
                if (common.Lane is not null) return RejectReason.ValueDuplicate;
                expects = $"is no text of 1 to {LaneBytesMax} bytes";
                if (!TollMember.IsText(ref reader, LaneBytesMax)) return RejectReason.TollMember;
                common.Lane = reader.GetString();
                return RejectReason.None;
            default:
                if (common.Kind != 0) return RejectReason.ValueDuplicate;
                expects = "is none of avc, tag, anpr, loop, counter, health";
                common.Kind = reader.TokenType != JsonTokenType.String ? 0
                    : reader.Is("avc"u8) ? TollEventKind.Avc : reader.Is("tag"u8) ? TollEventKind.Tag : reader.Is("anpr"u8) ? TollEventKind.Anpr
                    : reader.Is("loop"u8) ? TollEventKind.Loop : reader.Is("counter"u8) ? TollEventKind.Counter
                    : reader.Is("health"u8) ? TollEventKind.Health : 0;
                return common.Kind == 0 ? RejectReason.TollMember : RejectReason.None;
        }
    }

    private static RejectReason ReadTime(ref Utf8JsonReader reader, out long micros)
    {
        micros = 0;
        if (reader.TokenType == JsonTokenType.Number) return DeviceTime.TryRead(ref reader, out micros);
        return reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped ? DeviceTime.TryParse(reader.ValueSpan, out micros) : RejectReason.TimeFormat;
    }

    private bool HasCommon(in Common common, int start, int element)
    {
        var missing = common.Boot is null ? "boot" : common.Sequence is null ? "seq" : common.Time is null ? "ts"
            : common.Clock == 0 ? "clock" : common.Lane is null ? "lane" : common.Kind == 0 ? "kind" : null;
        if (missing is null) return true;
        _rejections.Add(RejectReason.TollMissing, start, element, default, default, $"the event has no {missing}; boot, seq, ts, clock, lane and kind are needed");
        return false;
    }

    /// <summary>Checks the members of the event's kind; the reader stands at its start.</summary>
    private bool HoldsFurther(ref Utf8JsonReader reader, TollEventKind kind, int start, int element)
    {
        var members = TollMember.Of(kind);
        var seen = 0u;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var index = 0;
            while (index < members.Length && !reader.Is(members[index].NameBytes)) index++;
            reader.Read();
            if (index < members.Length && reader.TokenType != JsonTokenType.Null)
            {
                var member = members[index];
                var at = (int)reader.TokenStartIndex;
                if ((seen & (1u << index)) != 0) return Refuse(RejectReason.ValueDuplicate, "stands here a second time; an event has each member once");
                seen |= 1u << index;
                var inside = reader;
                if (!member.Holds(ref inside)) return Refuse(RejectReason.TollMember, $"is not {member.Expects}");

                bool Refuse(RejectReason reason, string what)
                {
                    _rejections.Add(reason, at, element, member.NameBytes, default, what);
                    return false;
                }
            }
            reader.Skip();
        }
        for (var i = 0; i < members.Length; i++)
        {
            if (!members[i].IsRequired || (seen & (1u << i)) != 0) continue;
            _rejections.Add(RejectReason.TollMissing, start, element, default, default, $"an event of kind {kind.ToString().ToLowerInvariant()} has no {members[i].Name}");
            return false;
        }
        return true;
    }
}
