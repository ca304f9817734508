using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>One batch or gap to append. Its memory must stay unchanged until the append has ended.</summary>
public sealed class LogAppend
{
    /// <summary>Gateway id.</summary>
    public required string Gateway { get; init; }
    /// <summary>Epoch of the gateway's spool.</summary>
    public required ulong Epoch { get; init; }
    /// <summary>Lane.</summary>
    public required Lane Lane { get; init; }
    /// <summary>First number, from 1; must be the position's next one.</summary>
    public long FirstSequence { get; init; }
    /// <summary>Numbers covered; 0 for names alone.</summary>
    public int Sequences { get; init; }
    /// <summary>Values in <see cref="Columns"/>: <see cref="Sequences"/> less the dead letters.</summary>
    public int Count { get; init; }
    /// <summary>Id of the first of <see cref="NewNames"/>; must be the position's next one.</summary>
    public int FirstName { get; init; }
    /// <summary>Catalogue numbers of the new names.</summary>
    public IReadOnlyList<int> NewNames { get; init; } = [];
    /// <summary>The values' columns, with the catalogue's series numbers.</summary>
    public ReadOnlyMemory<byte> Columns { get; init; }
    /// <summary>Checksum of what the gateway sent; the same numbers must always come with the same.</summary>
    public uint WireCrc { get; init; }
    /// <summary>SHA-256 of <see cref="Columns"/>, where whoever made them has it; the log makes it where it is empty.</summary>
    public ReadOnlyMemory<byte> ColumnsHash { get; init; }
    /// <summary>Values set aside, part of <see cref="Sequences"/>.</summary>
    public IReadOnlyList<DeadLetter> DeadLetters { get; init; } = [];
    /// <summary>The numbers will never come, for this reason; then there are no columns.</summary>
    public GapReason? Gap { get; init; }
    /// <summary>Last number of a gap.</summary>
    public long GapLast { get; init; }

    internal TaskCompletionSource<AppendOutcome> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
