using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>Values set aside, as a caller may see them and act on them; each act is in the audit log before it is done.</summary>
internal sealed class DeadLetters(DurableLog log, AuditLog audit)
{
    /// <summary>Letters read at a time where some of them are not the caller's.</summary>
    private const int ReadMax = 1_000;

    /// <summary>Letters above a number that lie in the caller's areas, in order of their numbers.</summary>
    public static IReadOnlyList<DeadLetter> Read(DurableLog log, AreaView view, long after, int limit)
    {
        if (view.IsWhole) return log.DeadLetters(after, limit);
        var found = new List<DeadLetter>();
        while (found.Count < limit && log.DeadLetters(after, ReadMax) is [.., var last] some)
        {
            found.AddRange(some.Where(letter => view.Shows(letter.Series.Device)).Take(limit - found.Count));
            after = last.Id;
        }
        return found;
    }

    /// <summary>One letter; null where there is none in the caller's areas.</summary>
    public static DeadLetter? Find(DurableLog log, AreaView view, long id) => log.DeadLetters(id - 1, 1) is [var letter] && letter.Id == id && view.Shows(letter.Series.Device) ? letter : null;

    /// <summary>Sends one to the stores again; null where there is none.</summary>
    public async Task<ResubmitOutcome?> ResubmitAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        if (Find(log, context.OwnView(), id) is null) return null;
        audit.Write(context.ActorOf(), "dead-letter.resubmit", id.ToString(CultureInfo.InvariantCulture), null, null);
        return await log.ResubmitAsync(id, cancellationToken);
    }

    /// <summary>Deletes one; false where there is none.</summary>
    public async Task<bool> DiscardAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        if (Find(log, context.OwnView(), id) is not { } letter) return false;
        audit.Write(context.ActorOf(), "dead-letter.discard", id.ToString(CultureInfo.InvariantCulture), JsonSerializer.Serialize(letter, JsonSerializerOptions.Web), null);
        return await log.DiscardDeadLettersAsync(id, cancellationToken) > 0;
    }
}
