using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>
/// The canonical bytes of an entry, which are stored and hashed: one entry has one form, and a form that is not canonical is refused.
/// Numbers are little-endian; a text is its length in bytes (u16, 65535 for none) and its UTF-8; a date is the day number since 0001-01-01 (i32).
/// </summary>
/// <remarks>
/// <code>
/// entry     = version u8 (1), kind u8, number i64, postedAt i64, event
/// 1 account = number i32, name, limit u8
/// 2 transfer= period i32, chainFirst i64, chainCount u16, id u128, debit, credit, amount i64, code u8, date, batch u8, charge, passage, claim, lane, reverses (u8 0 | u8 1, u128)
/// 3 opened  = period i32, from, to, by
/// 4 closing = period i32, by
/// 5 reopened= period i32, by, failure
/// 6 sealed  = period i32, watermark, signedBy, countersignedBy, head i64, headHash [32], trialBalance [32], registry [32], previousSeal [32]
/// hash      = SHA-256(hash of the entry before, entry); before the first entry stands SHA-256("smartcity.ledger.v1", name, currency, scale u8)
/// </code>
/// The hash of a seal is SHA-256 over its event.
/// </remarks>
public static class LedgerBytes
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashLength = 32;

    private const byte Version = 1;
    private const int TextMax = ushort.MaxValue - 1, HeaderLength = 18;

    /// <summary>What stands before the first entry.</summary>
    public static byte[] Genesis(LedgerIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var writer = new Writer();
        foreach (var text in (ReadOnlySpan<string>)["smartcity.ledger.v1", identity.Name, identity.Currency]) writer.Text(text);
        writer.Byte((byte)identity.Scale);
        return SHA256.HashData(writer.Written);
    }

    /// <summary>The bytes of an entry.</summary>
    public static byte[] Encode(long number, long postedAt, LedgerEvent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var writer = new Writer();
        writer.Byte(Version);
        writer.Byte(Kind(content));
        writer.Long(number);
        writer.Long(postedAt);
        Write(writer, content);
        return writer.Written.ToArray();
    }

    /// <summary>Reads an entry's bytes.</summary>
    /// <returns>The entry without its hash.</returns>
    /// <exception cref="FormatException">The bytes are none, or not canonical.</exception>
    public static LedgerEntry Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        if (reader.Byte() is not Version and var version) throw new FormatException($"Version {version} of an entry is not known.");
        var kind = reader.Byte();
        var entry = new LedgerEntry(reader.Long(), reader.Long(), Read(ref reader, kind), "");
        reader.End();
        return entry;
    }

    /// <summary>The hash of an entry.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> entry)
    {
        // At once, in one buffer: a hash that is fed in parts costs several times as much.
        var both = System.Buffers.ArrayPool<byte>.Shared.Rent(previous.Length + entry.Length);
        try
        {
            previous.CopyTo(both);
            entry.CopyTo(both.AsSpan(previous.Length));
            return SHA256.HashData(both.AsSpan(0, previous.Length + entry.Length));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(both);
        }
    }

    /// <summary>The hash of a seal, lower-case hexadecimal.</summary>
    public static string SealHash(PeriodSealed seal) => Convert.ToHexStringLower(SHA256.HashData(Encode(0, 0, seal).AsSpan(HeaderLength)));

    /// <summary>SHA-256 over (number i32, name, debits i64, credits i64) of each account that moved up to the end of a period, in order of their numbers.</summary>
    internal static string TrialBalance(IEnumerable<(int Account, string Name, long Debits, long Credits)> rows)
    {
        var writer = new Writer();
        foreach (var (account, name, debits, credits) in rows)
        {
            writer.Int(account);
            writer.Text(name);
            writer.Long(debits);
            writer.Long(credits);
        }
        return Convert.ToHexStringLower(SHA256.HashData(writer.Written));
    }

    /// <summary>SHA-256 over (number i32, name, limit u8, opened i64) of each account, in order of their numbers.</summary>
    internal static string Registry(IEnumerable<Account> accounts)
    {
        var writer = new Writer();
        foreach (var account in accounts)
        {
            writer.Int(account.Number);
            writer.Text(account.Name);
            writer.Byte((byte)account.Limit);
            writer.Long(account.Opened);
        }
        return Convert.ToHexStringLower(SHA256.HashData(writer.Written));
    }

    internal static byte Kind(LedgerEvent content) => content switch
    {
        AccountOpened => 1, TransferPosted => 2, PeriodOpened => 3, PeriodClosing => 4, PeriodReopened => 5, PeriodSealed => 6,
        _ => throw new InvalidOperationException($"{content.GetType().Name} has no canonical bytes."),
    };

    private static void Write(Writer writer, LedgerEvent content)
    {
        switch (content)
        {
            case AccountOpened e: writer.Int(e.Number); writer.Text(e.Name); writer.Byte((byte)e.Limit); break;
            case TransferPosted e: Write(writer, e); break;
            case PeriodOpened e: writer.Int(e.Period); writer.Int(e.From.DayNumber); writer.Int(e.To.DayNumber); writer.Text(e.By); break;
            case PeriodClosing e: writer.Int(e.Period); writer.Text(e.By); break;
            case PeriodReopened e: writer.Int(e.Period); writer.Text(e.By); writer.Text(e.Failure); break;
            case PeriodSealed e:
                writer.Int(e.Period); writer.Int(e.Watermark.DayNumber); writer.Text(e.SignedBy); writer.Text(e.CountersignedBy); writer.Long(e.Head);
                foreach (var hash in (ReadOnlySpan<string>)[e.HeadHash, e.TrialBalance, e.Registry, e.PreviousSeal]) writer.Bytes(Convert.FromHexString(hash));
                break;
        }
    }

    private static void Write(Writer writer, TransferPosted posted)
    {
        var transfer = posted.Transfer;
        writer.Int(posted.Period);
        writer.Long(posted.ChainFirst);
        writer.UShort((ushort)posted.ChainCount);
        writer.Id(transfer.Id);
        writer.Text(transfer.Debit);
        writer.Text(transfer.Credit);
        writer.Long(transfer.Amount);
        writer.Byte((byte)transfer.Code);
        writer.Int(transfer.EffectiveDate.DayNumber);
        writer.Byte((byte)transfer.Batch);
        foreach (var link in (ReadOnlySpan<string?>)[transfer.Links.Charge, transfer.Links.Passage, transfer.Links.Claim, transfer.Links.Lane]) writer.Text(link);
        writer.Byte(transfer.Reverses is null ? (byte)0 : (byte)1);
        if (transfer.Reverses is { } reverses) writer.Id(reverses);
    }

    private static LedgerEvent Read(ref Reader reader, byte kind) => kind switch
    {
        1 => new AccountOpened(reader.Int(), reader.Word(), reader.Of<AccountLimit>()),
        2 => new TransferPosted(reader.Int(), reader.Long(), reader.UShort(), new Transfer(reader.Id(), reader.Word(), reader.Word(), reader.Long(), reader.Of<TransferCode>(), reader.Date(),
            reader.Of<BatchKind>(), new TransferLinks(reader.Text(), reader.Text(), reader.Text(), reader.Text()), reader.Byte() switch { 0 => null, 1 => reader.Id(), _ => throw Reader.NotCanonical() })),
        3 => new PeriodOpened(reader.Int(), reader.Date(), reader.Date(), reader.Word()),
        4 => new PeriodClosing(reader.Int(), reader.Word()),
        5 => new PeriodReopened(reader.Int(), reader.Word(), reader.Word()),
        6 => new PeriodSealed(reader.Int(), reader.Date(), reader.Word(), reader.Word(), reader.Long(), reader.Hash(), reader.Hash(), reader.Hash(), reader.Hash()),
        _ => throw new FormatException($"Kind {kind} of an entry is not known."),
    };

    private sealed class Writer
    {
        private byte[] _bytes = new byte[256];
        private int _length;

        public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

        public void Byte(byte value) => Room(1)[0] = value;
        public void UShort(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Room(2), value);
        public void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Room(4), value);
        public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Room(8), value);
        public void Id(UInt128 value) => BinaryPrimitives.WriteUInt128LittleEndian(Room(16), value);
        public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

        public void Text(string? value)
        {
            if (value is null)
            {
                UShort(ushort.MaxValue);
                return;
            }
            var length = Encoding.UTF8.GetByteCount(value);
            if (length > TextMax) throw new ArgumentException($"A text of {length} bytes does not fit an entry: {TextMax} at most.");
            UShort((ushort)length);
            Encoding.UTF8.GetBytes(value, Room(length));
        }

        private Span<byte> Room(int length)
        {
            if (_length + length > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + length));
            _length += length;
            return _bytes.AsSpan(_length - length, length);
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        // A text that UTF-8 does not give back as it was is not canonical.
        private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        private ReadOnlySpan<byte> _rest = bytes;

        public static FormatException NotCanonical() => new("The bytes of the entry are not canonical.");
        public byte Byte() => Take(1)[0];
        public ushort UShort() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
        public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));
        public UInt128 Id() => BinaryPrimitives.ReadUInt128LittleEndian(Take(16));
        public string Hash() => Convert.ToHexStringLower(Take(HashLength));
        public DateOnly Date() => Int() is var day && day >= 0 && day <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber(day) : throw NotCanonical();
        public string Word() => Text() ?? throw NotCanonical();

        public T Of<T>() where T : struct, Enum
        {
            var value = (T)Enum.ToObject(typeof(T), (int)Byte());
            return Enum.IsDefined(value) ? value : throw NotCanonical();
        }

        public string? Text()
        {
            if (UShort() is var length && length == ushort.MaxValue) return null;
            try
            {
                return _strict.GetString(Take(length));
            }
            catch (ArgumentException)
            {
                throw NotCanonical();
            }
        }

        public readonly void End()
        {
            if (!_rest.IsEmpty) throw NotCanonical();
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            if (_rest.Length < length) throw NotCanonical();
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
