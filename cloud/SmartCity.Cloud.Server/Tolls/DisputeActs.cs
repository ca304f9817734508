using System.Globalization;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>What people do to disputes, from a page, a program or the console: each act is written to the audit log before it is done.</summary>
internal sealed class DisputeActs(TollBooks books, TollDesk desk, AuditLog audit, TimeProvider clock)
{
    /// <summary>Asks something of disputes.</summary>
    public T Ask<T>(Func<SqliteDisputes, T> question)
    {
        using var disputes = new SqliteDisputes(books.File);
        return question(disputes);
    }

    /// <summary>Opens a dispute of a charge.</summary>
    public DisputeResult Open(HttpContext context, string charge, DisputeReason reason, string text)
    {
        audit.Write(context.ActorOf(), "toll.dispute.open", charge, null, $"{TollEndpoints.Word(reason)}: {text}");
        return Ask(disputes => disputes.Open(charge, reason, text, NameOf(context), Now));
    }

    /// <summary>Opens a dispute for a driver who has a receipt and names the plate that passed.</summary>
    /// <param name="context">The request.</param>
    /// <param name="receipt">A valid receipt.</param>
    /// <param name="plate">Plate as it was typed.</param>
    /// <param name="reason">Reason.</param>
    /// <param name="text">What was typed.</param>
    /// <returns>Null where receipt and plate do not go together, or nobody can tell any more.</returns>
    public DisputeResult? OpenAsDriver(HttpContext context, TollReceipt receipt, string plate, DisputeReason reason, string text)
    {
        if (receipt["charge"] is not { } charge || !IsPlateOf(charge, plate)) return null;
        audit.Write(new Actor(Dispute.Driver, CityAccess.AddressOf(context)), "toll.dispute.open", charge, null, $"{TollEndpoints.Word(reason)}: {text}");
        return Ask(disputes => disputes.Open(charge, reason, text, Dispute.Driver, Now));
    }

    /// <summary>Takes a dispute up.</summary>
    public DisputeResult Take(HttpContext context, int number, string finding)
    {
        audit.Write(context.ActorOf(), "toll.dispute.take", Text(number), null, finding);
        return Ask(disputes => disputes.Take(number, finding, NameOf(context), Now));
    }

    /// <summary>Decides a dispute.</summary>
    /// <param name="context">Who does.</param>
    /// <param name="number">Dispute.</param>
    /// <param name="refund">Minor units; null for all that stands, 0 to reject.</param>
    /// <param name="explanation">Why.</param>
    public DisputeResult Decide(HttpContext context, int number, long? refund, string explanation)
    {
        audit.Write(context.ActorOf(), "toll.dispute.decide", Text(number), null, $"{refund?.ToString(CultureInfo.InvariantCulture) ?? "all"}: {explanation}");
        return Ask(disputes => disputes.Decide(number, refund, explanation, NameOf(context), Now));
    }

    /// <summary>Objects to a decision.</summary>
    public DisputeResult Appeal(HttpContext context, int number, string text)
    {
        audit.Write(context.ActorOf(), "toll.dispute.appeal", Text(number), null, text);
        return Ask(disputes => disputes.Appeal(number, text, NameOf(context), Now));
    }

    /// <summary>Gives back to everybody whom the same fault hit.</summary>
    public ReleaseResult Release(HttpContext context, int number, FaultScope scope, string digest)
    {
        audit.Write(context.ActorOf(), "toll.dispute.refund", Text(number), null, digest);
        return Ask(disputes => disputes.Release(number, scope, digest, NameOf(context), Now));
    }

    /// <summary>Why something was not done, in words.</summary>
    public static string Say(DisputeRefusal refusal, Language language) => language.Words[$"toll.dispute.refused.{refusal}"];

    private long Now => UnixMicros.Now(clock);

    /// <summary>Whether a plate as it was typed is the one that was seen, or that of the tag's account.</summary>
    private bool IsPlateOf(string charge, string typed)
    {
        if (typed.Length > PlateGrammar.TextCharsMax || desk.Ask(queries => queries.FindPassage(charge)) is not { } passage) return false;
        return new[] { passage.Plate, passage.TagPlate }.OfType<Plate>().Any(known => PlateGrammar.Parse(typed, known.Country)?.Key == known.Key);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string NameOf(HttpContext context) => context.ActorOf().Name;
}
