using SmartCity.Cloud.Tolling.Charging;

namespace SmartCity.Cloud.Tolling.Disputes;

/// <summary>How disputes go: open → under review → upheld or rejected, and once more after an appeal. Pure functions.</summary>
internal static class DisputeRules
{
    /// <summary>Longest text, characters.</summary>
    public const int TextMax = 2_000;

    public static DisputeResult Open(int number, string charge, Charge? standing, DisputeReason reason, string text, IReadOnlyList<Dispute> ofCharge, string by, long now)
    {
        if (standing is null) return DisputeResult.Refuse(DisputeRefusal.NoCharge);
        if (!Enum.IsDefined(reason) || text.Length > TextMax || (reason == DisputeReason.Other && text.Length == 0)) return DisputeResult.Refuse(DisputeRefusal.Text);
        // One at a time: whoever objects again meanwhile is told of the one that there is.
        if (ofCharge.FirstOrDefault(one => !one.IsDecided) is { } open) return new DisputeResult(DisputeRefusal.None, open, Repeated: true);
        if (ofCharge.LastOrDefault(one => one.Reason == reason && one.OpenedBy == by) is { } decided) return new DisputeResult(DisputeRefusal.None, decided, Repeated: true);
        return standing.Gross == 0 ? DisputeResult.Refuse(DisputeRefusal.NothingCharged) : new DisputeResult(DisputeRefusal.None, new Dispute(number, charge, reason, text, by, now, DisputeState.Open));
    }

    public static DisputeResult Take(Dispute dispute, string finding, string by)
    {
        if (finding.Length > TextMax) return DisputeResult.Refuse(DisputeRefusal.Text, dispute);
        if (dispute.IsDecided) return DisputeResult.Refuse(dispute.IsFinal ? DisputeRefusal.Final : DisputeRefusal.Decided, dispute);
        var taken = dispute with { State = DisputeState.UnderReview, HandledBy = by, Finding = finding.Length == 0 ? dispute.Finding : finding };
        return new DisputeResult(DisputeRefusal.None, taken, taken == dispute);
    }

    /// <param name="dispute">As it stands.</param>
    /// <param name="refund">What is given back; 0 rejects it.</param>
    /// <param name="standing">What the charge comes to now.</param>
    /// <param name="explanation">Why.</param>
    /// <param name="by">Who.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    public static DisputeResult Decide(Dispute dispute, long refund, long standing, string explanation, string by, long now)
    {
        if (dispute.IsDecided)
        {
            var isSame = (dispute.Refund, dispute.Explanation, dispute.DecidedBy) == (refund, explanation, by);
            return isSame ? new DisputeResult(DisputeRefusal.None, dispute, Repeated: true) : DisputeResult.Refuse(dispute.IsFinal ? DisputeRefusal.Final : DisputeRefusal.Decided, dispute);
        }
        if (explanation.Length is 0 or > TextMax) return DisputeResult.Refuse(DisputeRefusal.Text, dispute);
        // An appeal goes to somebody else than the first decision did.
        if (by == dispute.OpenedBy || by == dispute.HandledBy || by == dispute.DecidedBy) return DisputeResult.Refuse(DisputeRefusal.SamePerson, dispute);
        if (refund < 0 || refund > standing) return DisputeResult.Refuse(DisputeRefusal.Amount, dispute);
        return new DisputeResult(DisputeRefusal.None, dispute with { State = refund > 0 ? DisputeState.Upheld : DisputeState.Rejected, DecidedBy = by, DecidedAt = now, Refund = refund, Of = standing, Explanation = explanation });
    }

    public static DisputeResult Appeal(Dispute dispute, string text)
    {
        if (text.Length is 0 or > TextMax) return DisputeResult.Refuse(DisputeRefusal.Text, dispute);
        if (!dispute.IsDecided) return dispute.Appealed ? new DisputeResult(DisputeRefusal.None, dispute, Repeated: true) : DisputeResult.Refuse(DisputeRefusal.NotDecided, dispute);
        return dispute.IsFinal ? DisputeResult.Refuse(DisputeRefusal.Final, dispute) : new DisputeResult(DisputeRefusal.None, dispute with { State = DisputeState.Open, HandledBy = null, Appealed = true });
    }
}
