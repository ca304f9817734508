using System.Text;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Spool;
using SmartCity.Model;

namespace SmartCity.Edge.Gateway.Status;

/// <summary>
/// Dead letters as an operator handles them: listed, shown whole, resubmitted, discarded. The same for a running gateway and for the files of one that
/// does not run. Thread-safe.
/// </summary>
internal sealed class DeadLetterOffice(Edge.Spool.Spool spool, Intake.Intake intake, ILogger<DeadLetterOffice> logger)
{
    /// <summary>Letters of one list.</summary>
    public const int PageMax = 1_000;

    /// <summary>The newest first.</summary>
    /// <param name="before">Only numbers below this.</param>
    /// <param name="limit">At most so many, from 1 to <see cref="PageMax"/>.</param>
    public IReadOnlyList<LetterLine> List(long? before, int limit) =>
        [.. spool.DeadLetterHeads(before, limit).Select(head => new LetterLine(head.Id, UnixMicros.ToTime(head.Time), Lanes.NameOf((Lane)head.Lane), Text(head.Topic.Span), head.QoS, head.Values, head.PayloadBytes, head.Reason))];

    /// <summary>One of them, whole; null where there is none.</summary>
    public LetterWhole? Show(long id)
    {
        if (spool.DeadLetter(id) is not { } letter) return null;
        var payload = letter.Payload.Span;
        return new LetterWhole(letter.Id, UnixMicros.ToTime(letter.Time), Lanes.NameOf((Lane)letter.Lane), Text(letter.Topic.Span), letter.QoS, letter.Values, payload.Length, letter.Reason,
            IsText(payload) ? Text(payload) : null, Convert.ToBase64String(payload));
    }

    /// <summary>Puts one through the decoders again; null where there is none.</summary>
    public async Task<LetterOutcome?> ResubmitAsync(long id)
    {
        // A full intake blocks, which no thread of a socket may.
        if (await Task.Run(() => intake.ResubmitAsync(id)) is not { } outcome) return null;
        logger.Resubmitted(id, outcome.Kept, outcome.Rejected);
        return new LetterOutcome(id, outcome.Kept, outcome.Rejected, outcome.Reason);
    }

    /// <summary>Drops one for good; it stays counted. False where there is none, or it is being resubmitted.</summary>
    public bool Discard(long id)
    {
        if (intake.IsResubmitting(id) || spool.DeadLetter(id) is not { } letter || spool.DiscardDeadLetters(id) == 0) return false;
        logger.Discarded(id, Text(letter.Topic.Span), letter.Values, letter.Reason);
        return true;
    }

    /// <summary>Bytes as a terminal or page may show them.</summary>
    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    /// <summary>UTF-8 without control characters but tab and line ends.</summary>
    private static bool IsText(ReadOnlySpan<byte> payload) => System.Text.Unicode.Utf8.IsValid(payload) && !payload.ContainsAny(_controls);

    private static readonly System.Buffers.SearchValues<byte> _controls =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(one => (byte)one).Except("\t\r\n"u8.ToArray()), (byte)0x7F]);
}

/// <summary>A dead letter in a list.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Time">When it came, gateway clock.</param>
/// <param name="Lane">Lane for which it was meant.</param>
/// <param name="Topic">Topic as received.</param>
/// <param name="Qos">0, 1 or 2.</param>
/// <param name="Values">Values that it stands for in the audit equation.</param>
/// <param name="Bytes">Length of its payload.</param>
/// <param name="Reason">Code and place; several are parted by line feeds.</param>
internal sealed record LetterLine(long Id, DateTimeOffset Time, string Lane, string Topic, int Qos, int Values, int Bytes, string Reason);

/// <summary>A dead letter, whole.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Time">When it came, gateway clock.</param>
/// <param name="Lane">Lane for which it was meant.</param>
/// <param name="Topic">Topic as received.</param>
/// <param name="Qos">0, 1 or 2.</param>
/// <param name="Values">Values that it stands for in the audit equation.</param>
/// <param name="Bytes">Length of its payload.</param>
/// <param name="Reason">Code and place; several are parted by line feeds.</param>
/// <param name="Text">The payload where it is text; else null.</param>
/// <param name="Payload">The payload in base 64.</param>
internal sealed record LetterWhole(long Id, DateTimeOffset Time, string Lane, string Topic, int Qos, int Values, int Bytes, string Reason, string? Text, string Payload);

/// <summary>What became of a dead letter that was resubmitted.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Kept">Values that are kept now.</param>
/// <param name="Rejected">Values for which it still stands; 0 = it is gone.</param>
/// <param name="Reason">Why they still cannot be kept.</param>
internal sealed record LetterOutcome(long Id, int Kept, int Rejected, string? Reason);

internal static partial class DeadLetterLog
{
    [LoggerMessage(50, LogLevel.Information, "Dead letter {Id} was resubmitted: {Kept} values kept, {Rejected} still set aside")]
    public static partial void Resubmitted(this ILogger logger, long id, int kept, int rejected);

    [LoggerMessage(51, LogLevel.Warning, "Dead letter {Id} of {Topic} was discarded by an operator; its {Values} values stay counted as dead-lettered. It had been set aside for: {Reason}")]
    public static partial void Discarded(this ILogger logger, long id, string topic, int values, string reason);
}
