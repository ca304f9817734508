using CsCheck;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Tests.Cloud.Tolling.Charging;

namespace SmartCity.Tests.Cloud.Tolling.Disputes;

public sealed class SqliteDisputesTests : IDisposable
{
    private readonly ChargedRoad _road = new();

    public void Dispose() => _road.Dispose();

    [Fact]
    public void Somebody_else_decides_and_what_is_given_back_is_a_linked_pair_of_postings()
    {
        var charge = Charged(1)[0];
        var number = Open(charge);
        Assert.Equal(DisputeRefusal.SamePerson, _road.Disputes.Decide(number, null, "it is so", Dispute.Driver, 2).Refusal);
        Assert.True(_road.Disputes.Take(number, "misread", "mina", 2).Succeeded);
        Assert.Equal(DisputeRefusal.SamePerson, _road.Disputes.Decide(number, null, "it is so", "mina", 3).Refusal);
        Assert.Equal(DisputeRefusal.Text, _road.Disputes.Decide(number, null, "", "sara", 3).Refusal);
        Assert.Equal(DisputeRefusal.Amount, _road.Disputes.Decide(number, 1_101, "too much", "sara", 3).Refusal);
        var decided = _road.Disputes.Decide(number, 400, "half of it", "sara", 4);
        Assert.Equal((DisputeState.Upheld, 400L, 1_100L), (decided.Dispute!.State, decided.Dispute.Refund, decided.Dispute.Of));
        _road.Post();
        Assert.Equal((700L, 700L), (_road.Charges()[0].Gross, _road.PostedOf(charge)));
        Assert.Equal([1_000L, 100L], _road.Transfers(charge).Where(posted => posted.Transfer.Reverses is not null).Select(posted => posted.Transfer.Amount));
        Assert.All(_road.Transfers(charge).Skip(2), posted => Assert.Equal(BatchKind.Rerated, posted.Transfer.Batch));
        Assert.Contains(_road.Charges()[0].Trace, step => step is { Rule: "Dispute", Change: "-400", Amount: "700" });
        Assert.Null(_road.Ledger.Verify(TestContext.Current.CancellationToken).Fault);
    }

    [Fact]
    public void The_same_request_again_changes_nothing()
    {
        var charge = Charged(1)[0];
        var number = Open(charge);
        Assert.Equal((number, true), (_road.Disputes.Open(charge, DisputeReason.WrongAmount, "again", "mina", 9).Dispute!.Number, _road.Disputes.Open(charge, DisputeReason.Other, "x", Dispute.Driver, 9).Repeated));
        _road.Disputes.Decide(number, 400, "half of it", "sara", 4);
        _road.Post();
        var head = _road.Ledger.Head();
        Assert.True(_road.Disputes.Decide(number, 400, "half of it", "sara", 5) is { Succeeded: true, Repeated: true });
        Assert.Equal(DisputeRefusal.Decided, _road.Disputes.Decide(number, 500, "more", "sara", 5).Refusal);
        Assert.True(_road.Disputes.Open(charge, DisputeReason.WrongClass, "again", Dispute.Driver, 9) is { Repeated: true, Dispute.Number: var same } && same == number);
        _road.Post();
        Assert.Equal(head, _road.Ledger.Head());
        Assert.Equal(["opened", "upheld"], _road.Disputes.Steps(number).Select(step => step.What));
    }

    [Fact]
    public void A_sealed_period_stays_and_the_correction_comes_in_the_rerated_batch_of_the_open_one()
    {
        var charge = Charged(1)[0];
        var next = _road.Ledger.Periods()[^1].To.AddDays(1);
        _road.Ledger.OpenPeriod(next, next.AddDays(29), "a");
        _road.Seal(1);
        var seal = _road.Ledger.Periods()[0].Seal;
        _road.Disputes.Decide(Open(charge), null, "not theirs", "sara", 4);
        _road.Post();
        Assert.Equal((0L, 0L), (_road.Charges()[0].Gross, _road.PostedOf(charge)));
        Assert.Equal(seal, _road.Ledger.Periods()[0].Seal);
        Assert.All(_road.Transfers(charge).Skip(2), posted => Assert.Equal((2, BatchKind.Rerated, _road.Day), (posted.Period, posted.Transfer.Batch, posted.Transfer.EffectiveDate)));
        Assert.Null(_road.Ledger.Verify(TestContext.Current.CancellationToken).Fault);
    }

    [Theory]
    // 400 of 1,100 went back. What rises keeps that; what falls takes it up first, and what falls below pays no more.
    [InlineData(2_000, 1_800)]
    [InlineData(1_000, 700)]
    [InlineData(800, 700)]
    [InlineData(500, 550)]
    public void Nobody_is_given_anything_twice_when_the_price_changes_after(long price, long payable)
    {
        var charge = Charged(1)[0];
        _road.Disputes.Decide(Open(charge), 400, "half of it", "sara", 4);
        _road.Post();
        _road.Store.Apply(1, DateOnly.MinValue, DateOnly.MinValue);
        _road.Settle(new FlatRules(price));
        Assert.Equal((payable, payable), (_road.Charges()[0].Gross, _road.PostedOf(charge)));
        _road.Store.Apply(2, DateOnly.MaxValue, DateOnly.MinValue);
        _road.Settle(new FlatRules(1_000));
        Assert.Equal((700L, 700L), (_road.Charges()[0].Gross, _road.PostedOf(charge)));
    }

    [Fact]
    public void An_appeal_is_decided_by_a_third_and_is_the_last()
    {
        var charge = Charged(1)[0];
        var number = Open(charge);
        Assert.Equal(DisputeRefusal.NotDecided, _road.Disputes.Appeal(number, "no", Dispute.Driver, 2).Refusal);
        _road.Disputes.Decide(number, 0, "it was there", "sara", 4);
        Assert.True(_road.Disputes.Appeal(number, "I was not", Dispute.Driver, 5).Succeeded);
        Assert.Equal(DisputeRefusal.SamePerson, _road.Disputes.Decide(number, null, "well then", "sara", 6).Refusal);
        Assert.True(_road.Disputes.Decide(number, null, "misread indeed", "mina", 6).Dispute!.IsFinal);
        Assert.Equal(DisputeRefusal.Final, _road.Disputes.Appeal(number, "once more", Dispute.Driver, 7).Refusal);
        _road.Post();
        Assert.Equal(0, _road.PostedOf(charge));
    }

    [Fact]
    public void Of_two_disputes_at_once_each_gives_back_its_own()
    {
        var charge = Charged(1)[0];
        _road.Disputes.Decide(Open(charge), 400, "half of it", "sara", 4);
        // Before the first is taken off the charge.
        var second = _road.Disputes.Open(charge, DisputeReason.WrongClass, "", "mina", 5).Dispute!.Number;
        Assert.Equal(DisputeRefusal.Amount, _road.Disputes.Decide(second, 701, "too much", "sara", 6).Refusal);
        Assert.True(_road.Disputes.Decide(second, 300, "and this", "sara", 6).Succeeded);
        _road.Post();
        Assert.Equal((400L, 400L), (_road.Charges()[0].Gross, _road.PostedOf(charge)));
    }

    [Fact]
    public void Everybody_whom_the_fault_hit_gets_the_same_part_back_in_one_batch_and_once()
    {
        var charges = Charged(12);
        var lane = _road.Charges().Where(charge => charge.Lane == "THN-1-L1").ToList();
        var number = Open(lane[0].Passage, DisputeReason.WrongClass);
        Assert.Null(_road.Disputes.Preview(number, _road.Disputes.Suggest(number)!));
        _road.Disputes.Decide(number, 550, "half of it", "sara", 4);
        // One of them has been given something back before.
        _road.Disputes.Decide(Open(lane[1].Passage), 100, "a little", "sara", 4);
        _road.Post();
        var scope = _road.Disputes.Suggest(number)!;
        Assert.Equal(("THN", "THN-1-L1"), (scope.Point, scope.Lane));
        var preview = _road.Disputes.Preview(number, scope)!;
        Assert.Equal((lane.Count - 1, lane.Count - 2, 550L * (lane.Count - 2)), (preview.Hits.Count, preview.Count, preview.Amount));
        var head = _road.Ledger.Head();
        Assert.Equal(DisputeRefusal.SamePerson, _road.Disputes.Release(number, scope, preview.Digest, "sara", 6).Refusal);
        Assert.Equal(DisputeRefusal.Changed, _road.Disputes.Release(number, scope, new string('0', 64), "mina", 6).Refusal);
        Assert.Equal(DisputeRefusal.Changed, _road.Disputes.Release(number, scope with { Lane = "THN-1-L2" }, preview.Digest, "mina", 6).Refusal);
        _road.Post();
        Assert.Equal(head, _road.Ledger.Head());
        var released = _road.Disputes.Release(number, scope, preview.Digest, "mina", 6);
        Assert.Equal((DisputeRefusal.None, preview.Count, preview.Amount), (released.Refusal, released.Batch!.Count, released.Batch.Amount));
        _road.Post();
        Assert.Equal(charges.Sum(charge => charge == lane[1].Passage ? 1_000 : lane.Any(one => one.Passage == charge) ? 550L : 1_100), charges.Sum(_road.PostedOf));
        var after = _road.Ledger.Head();
        Assert.True(_road.Disputes.Release(number, scope, preview.Digest, "mina", 7).Repeated);
        Assert.Equal(DisputeRefusal.Nobody, _road.Disputes.Release(number, scope, _road.Disputes.Preview(number, scope)!.Digest, "mina", 7).Refusal);
        _road.Post();
        Assert.Equal(after, _road.Ledger.Head());
        Assert.Equal(preview.Count, _road.Disputes.Batches(number).Single().Posted);
    }

    [Fact]
    public void A_device_a_tariff_a_time_and_a_repetition_narrow_the_search()
    {
        Charged(12);
        var first = _road.Charges().MinBy(charge => charge.Time)!;
        var number = Open(first.Passage, DisputeReason.Other);
        _road.Disputes.Decide(number, null, "all", "sara", 4);
        _road.Post();
        var all = new FaultScope(_road.Day, _road.Day, Point: "THN");
        int Found(FaultScope scope) => _road.Disputes.Preview(number, scope)!.Hits.Count;
        Assert.Equal(11, Found(all));
        Assert.Equal(0, Found(all with { From = _road.Day.AddDays(1), To = _road.Day.AddDays(9) }));
        Assert.Equal(3, Found(all with { Begin = first.Time + 1, End = first.Time + 3 * 97_000_000 + 1 }));
        Assert.Equal(0, Found(all with { Device = "nothing" }));
        Assert.Equal(0, Found(all with { Tariff = "nothing/1" }));
        Assert.Equal(0, Found(all with { Cause = "CLASS_MISMATCH" }));
        Assert.Equal(0, Found(all with { Cause = FaultScope.Repeated }));
    }

    [Fact]
    public void A_charge_that_there_is_not_or_that_costs_nothing_has_no_dispute()
    {
        Assert.Equal(DisputeRefusal.NoCharge, _road.Disputes.Open(new string('0', 32), DisputeReason.Other, "x", "mina", 1).Refusal);
        _road.Take(ChargedRoad.Cars(1));
        _road.Settle(new FlatRules(0));
        Assert.Equal(DisputeRefusal.NothingCharged, _road.Disputes.Open(_road.Charges()[0].Passage, DisputeReason.WrongClass, "", "mina", 1).Refusal);
        Assert.Equal(DisputeRefusal.Text, _road.Disputes.Open(_road.Charges()[0].Passage, DisputeReason.Other, "", "mina", 1).Refusal);
        Assert.Equal(DisputeRefusal.Missing, _road.Disputes.Decide(7, null, "x", "mina", 1).Refusal);
    }

    /// <summary>Refunds and new prices in any order; the ledger, the charge and the sum of what was given back agree after each.</summary>
    [Fact]
    public void Ledger_and_charge_agree_through_any_disputes_and_prices() => Gen.Select(Gen.Bool, Gen.Long[1, 1_500]).Array[1, 8].Sample(steps =>
    {
        using var road = new ChargedRoad();
        road.Take(ChargedRoad.Cars(1));
        road.Settle(new FlatRules(1_000));
        var (charge, paid) = (road.Charges()[0].Passage, 1_100L);
        foreach (var ((isDispute, number), i) in steps.Select((step, i) => (step, i)))
        {
            if (isDispute)
            {
                var refund = Math.Min(number, paid);
                var dispute = road.Disputes.Open(charge, DisputeReason.Other, $"{i}", $"person-{i}", i);
                if (dispute.Refusal == DisputeRefusal.NothingCharged) continue;
                if (!road.Disputes.Decide(dispute.Dispute!.Number, refund, "x", "sara", i).Succeeded) return false;
                road.Post();
                paid -= refund;
                if (road.PostedOf(charge) != paid) return false;
            }
            else
            {
                road.Store.Apply(i + 1, DateOnly.MaxValue, DateOnly.MinValue);
                road.Settle(new FlatRules(number));
                paid = road.PostedOf(charge);
                if (paid > number + number / 10) return false;
            }
            if (road.Charges()[0].Gross != paid || paid < 0) return false;
        }
        return road.Ledger.Verify(default).Fault is null;
    }, iter: 10, threads: 1);

    private List<string> Charged(int count)
    {
        _road.Take(ChargedRoad.Cars(count));
        _road.Settle(new FlatRules(1_000));
        return [.. _road.Charges().Select(charge => charge.Passage)];
    }

    private int Open(string charge, DisputeReason reason = DisputeReason.WrongClass) => _road.Disputes.Open(charge, reason, "no", Dispute.Driver, 1).Dispute!.Number;
}
