using System.Buffers;
using System.Text.Unicode;
using SmartCity.Mqtt.Packets;

namespace SmartCity.Fuzz.Mqtt;

/// <summary>The strict reader, packet after packet. First byte: even = 3.1.1, odd = 5.0.</summary>
internal sealed class PacketHarness : IHarness
{
    private const int BodyBytesMax = 4_096;

    public string Name => "mqtt-packets";
    public IEnumerable<byte[]> Seeds => Conversations.Of(4).Select(bytes => (byte[])[4, .. bytes]).Concat(Conversations.Of(5).Select(bytes => (byte[])[5, .. bytes]));
    public IEnumerable<byte[]> Words => Conversations.Words;

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        var version5 = (input[0] & 1) != 0;
        var rest = input[1..];
        while (true)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var isWhole = PacketHeader.TryRead(rest, BodyBytesMax, out var header, out var fault);
            if (fault.IsNone) Must.Allocate(before, 0, "reading a header");
            Must.Hold(!isWhole || fault.IsNone, "a whole header with a fault");
            InPieces(rest, isWhole, header, fault);
            Check(fault);
            if (!isWhole) return;
            Must.Hold(header.BodyBytes <= BodyBytesMax && header.HeaderBytes is >= 2 and <= 5, "a header beyond its limits");
            Must.Equal(PacketBytes.VariableBytes(header.BodyBytes) + 1, header.HeaderBytes, "bytes of the header");
            if (header.TotalBytes > rest.Length) return;
            Read(header, rest.Slice(header.HeaderBytes, header.BodyBytes), version5);
            rest = rest[header.TotalBytes..];
        }
    }

    private static void InPieces(ReadOnlySpan<byte> bytes, bool isWhole, PacketHeader header, Fault fault)
    {
        if (bytes.Length < 2) return;
        var first = new Piece(bytes[..1].ToArray(), 0);
        var last = first.Append(bytes[1..Math.Min(bytes.Length, 8)].ToArray());
        Must.Equal(isWhole, PacketHeader.TryRead(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length), BodyBytesMax, out var other, out var otherFault), "whether a header in pieces is whole");
        Must.Equal((header, fault), (other, otherFault), "a header in pieces");
    }

    private static void Read(PacketHeader header, ReadOnlySpan<byte> body, bool version5)
    {
        switch (header.Type)
        {
            case PacketType.Publish:
                var fault = PublishBody.Read(header.Flags, body, version5, out var publish);
                Check(fault);
                if (fault.IsNone) Check(header, body, version5, publish);
                break;
            case PacketType.Connect:
                fault = ConnectBody.Read(body, 512, 16, out var connect);
                Check(fault);
                if (fault.IsNone) Check(connect);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                fault = ControlBody.ReadAcknowledgement(header.Type, body, version5, out var packetId, out _);
                Check(fault);
                if (fault.IsNone) Must.Hold(packetId > 0, "packet id 0");
                break;
            case PacketType.Subscribe:
                fault = ControlBody.ReadSubscribe(body, version5, out packetId, out var identifier, out var filters);
                Check(fault);
                if (!fault.IsNone) break;
                Must.Hold(packetId > 0 && identifier <= 268_435_455 && filters >= 2, "a SUBSCRIBE beyond its limits");
                Filters(body[filters..], 1);
                break;
            case PacketType.Unsubscribe:
                fault = ControlBody.ReadUnsubscribe(body, version5, out packetId, out filters);
                Check(fault);
                if (!fault.IsNone) break;
                Must.Hold(packetId > 0 && filters >= 2, "an UNSUBSCRIBE beyond its limits");
                Filters(body[filters..], 0);
                break;
            case PacketType.Disconnect:
                Check(ControlBody.ReadDisconnect(body, version5, 0, out _, out var expiry));
                Must.Hold(expiry is null or 0, "a session kept that was not to be");
                break;
        }
    }

    private static void Check(PacketHeader header, ReadOnlySpan<byte> body, bool version5, PublishBody publish)
    {
        Must.Hold(Utf8.IsValid(publish.Topic) && !Topics.HasWildcard(publish.Topic), "a topic that is none");
        Must.Hold(!publish.Topic.IsEmpty || publish.TopicAlias > 0, "neither topic nor alias");
        // Written again from what was read, it is the same packet.
        var again = new byte[body.Length];
        var writer = new PacketWriter(again);
        writer.UInt16((ushort)publish.Topic.Length);
        writer.Bytes(publish.Topic);
        if ((header.Flags & 6) != 0) writer.UInt16(publish.PacketId);
        // The length of the list may stand in more bytes than it needs only where the reader allows it; it does not.
        if (version5)
        {
            writer.Variable(publish.Properties.Length);
            writer.Bytes(publish.Properties);
        }
        writer.Bytes(publish.Payload);
        Must.Hold(writer.Position == body.Length && again.AsSpan().SequenceEqual(body), "a PUBLISH written from what was read is another");
        if (!version5) return;
        var kept = Properties.OfMessage(publish.Properties);
        Must.Hold(kept.Length <= publish.Properties.Length, "more properties go on than came");
        var list = new byte[kept.Length + 4];
        writer = new PacketWriter(list);
        writer.Variable(kept.Length);
        writer.Bytes(kept);
        var reader = new PacketReader(list.AsSpan(0, writer.Position));
        Must.Hold(Properties.Read(ref reader, Properties.OfPublish, out var properties).IsNone && reader.Left == 0, "what goes on is no property list");
        Must.Hold(!properties.Has(0x02) && !properties.Has(0x23), "expiry or alias goes on");
    }

    private static void Check(ConnectBody connect)
    {
        Must.Hold(connect.Level is 3 or 4 or 5, "a protocol level that is not spoken");
        Must.Hold(connect.ClientId.Length <= 512 && connect.UserName.Length <= 512 && Utf8.IsValid(connect.ClientId) && Utf8.IsValid(connect.UserName), "a name beyond its limits");
        Must.Hold(connect.WillTopic.Length <= 512 && connect.HasWill != connect.WillTopic.IsEmpty && connect.WillQoS <= 2, "a Will beyond its limits");
        Must.Hold(connect.ReceiveMaximum > 0 && connect.MaximumPacketSize > 0, "a maximum of 0");
    }

    /// <summary>What passed is a row of filters to the end, each with <paramref name="options"/> bytes behind it.</summary>
    private static void Filters(ReadOnlySpan<byte> filters, int options)
    {
        var count = 0;
        for (; !filters.IsEmpty; count++)
        {
            Must.Hold(filters.Length >= 2, "half a filter");
            var length = filters[0] << 8 | filters[1];
            Must.Hold(length > 0 && filters.Length >= 2 + length + options && Utf8.IsValid(filters.Slice(2, length)), "a filter that is none");
            filters = filters[(2 + length + options)..];
        }
        Must.Hold(count > 0, "no filter");
    }

    private static void Check(Fault fault)
    {
        if (fault.IsNone) return;
        Must.Hold(fault.Code >= 0x80 && fault.Text is { Length: > 8 and < 400 } && !fault.Text.Any(char.IsControl), $"a fault without code or words: 0x{fault.Code:X2} {fault.Text}");
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var piece = new Piece(memory, RunningIndex + Memory.Length);
            Next = piece;
            return piece;
        }
    }
}
