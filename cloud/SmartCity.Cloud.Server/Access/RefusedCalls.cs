using System.Globalization;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;

namespace SmartCity.Cloud.Server.Access;

/// <summary>
/// Writes into the audit log who was refused what: a right or an area that a caller has not, a change that another site asked for, a token that does not hold.
/// Whoever asks again and again cannot flood it: the same refusal is one row in ten minutes with the number of times, a caller has at most
/// <see cref="RowsAtOnce"/> rows and then one a minute, and what found no room is counted and told by the caller's next row.
/// </summary>
/// <remarks>Kept in memory: a restart begins anew. Callers without an account share one allowance, so that many addresses are no way around it.</remarks>
internal sealed class RefusedCalls(AuditLog log, TimeProvider clock)
{
    /// <summary>Rows that a caller may cause at once.</summary>
    public const int RowsAtOnce = 20;
    private const int CallersMax = 1_000, KindsMax = 200;
    private static readonly TimeSpan _rowEvery = TimeSpan.FromMinutes(1), _sameEvery = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Allowance> _callers = new(StringComparer.OrdinalIgnoreCase);
    private long _unwritten;

    /// <summary>Refusals that have no row of their own.</summary>
    public long Unwritten => Interlocked.Read(ref _unwritten);

    /// <summary>Takes note of an answer, where it is a refusal.</summary>
    public void Note(HttpContext context)
    {
        if (context.Items[typeof(ProblemKind)] is not ProblemKind kind || !IsRefusal(context, kind)) return;
        // The route as it is written, never the address: that may hold what is no concern of the log.
        var what = $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)"}";
        Note(context.ActorOf(), kind == ProblemKinds.SignIn ? "token.refused" : "access.refused", what, kind.Code);
    }

    /// <summary>Takes note of one refusal.</summary>
    /// <param name="actor">Who was refused.</param>
    /// <param name="action">Name of the row.</param>
    /// <param name="what">Method and route.</param>
    /// <param name="kind">Code of the problem.</param>
    public void Note(Actor actor, string action, string what, string kind)
    {
        long times, unwritten;
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (!_callers.TryGetValue(actor.Name, out var caller))
            {
                if (_callers.Count >= CallersMax) _callers.Remove(_callers.MinBy(one => one.Value.Filled).Key);
                _callers.Add(actor.Name, caller = new Allowance { Rows = RowsAtOnce, Filled = now });
            }
            caller.Fill(now);
            var key = $"{action} {what} {kind}";
            if (!caller.Last.TryGetValue(key, out var last)) last = (DateTimeOffset.MinValue, 0);
            if (now - last.At < _sameEvery || caller.Rows < 1 || (last.At == DateTimeOffset.MinValue && caller.Last.Count >= KindsMax))
            {
                if (last.At > DateTimeOffset.MinValue) caller.Last[key] = (last.At, last.Times + 1);
                else caller.Unwritten++;
                Interlocked.Increment(ref _unwritten);
                return;
            }
            (times, unwritten) = (last.Times + 1, caller.Unwritten);
            caller.Rows--;
            caller.Unwritten = 0;
            caller.Last[key] = (now, 0);
        }
        try
        {
            log.Write(actor, action, what, null, string.Create(CultureInfo.InvariantCulture, $$"""{"problem":"{{kind}}","times":{{times}},"unwritten":{{unwritten}}}"""));
        }
        catch (SqliteException)
        {
            // Refused is refused; that the log cannot be written is said by its health.
            Interlocked.Increment(ref _unwritten);
        }
    }

    /// <summary>Wrong passwords and passkeys have rows of their own; who only has to sign in first was refused nothing.</summary>
    private static bool IsRefusal(HttpContext context, ProblemKind kind) =>
        kind == ProblemKinds.Right || kind == ProblemKinds.Area || kind == ProblemKinds.CrossSite || (kind == ProblemKinds.SignIn && context.Request.Headers.Authorization.Count > 0);

    /// <summary>What a caller may still write, and what was refused when.</summary>
    private sealed class Allowance
    {
        public double Rows { get; set; }
        public DateTimeOffset Filled { get; set; }
        public long Unwritten { get; set; }
        public Dictionary<string, (DateTimeOffset At, long Times)> Last { get; } = new(StringComparer.Ordinal);

        public void Fill(DateTimeOffset now)
        {
            Rows = Math.Min(RowsAtOnce, Rows + ((now - Filled) / _rowEvery));
            Filled = now;
            foreach (var (key, last) in Last)
                if (now - last.At >= _sameEvery && last.Times == 0) Last.Remove(key);
        }
    }
}
