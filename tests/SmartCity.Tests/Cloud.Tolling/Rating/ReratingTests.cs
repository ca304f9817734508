using CsCheck;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Rating;

namespace SmartCity.Tests.Cloud.Tolling.Rating;

public sealed class ReratingTests
{
    private const string Payer = "liability:prepaid:4711";
    private static readonly DateOnly _day = new(2026, 3, 2);

    [Theory]
    // Nothing refunded: the new amount.
    [InlineData(900, 0, 1000, 900)]
    // 300 of 1,000 went back. What rises keeps the refund; what falls takes it up first.
    [InlineData(1200, 300, 1000, 900)]
    [InlineData(1000, 300, 1000, 700)]
    [InlineData(800, 300, 1000, 700)]
    [InlineData(600, 300, 1000, 600)]
    [InlineData(0, 300, 1000, 0)]
    [InlineData(500, 1000, 1000, 0)]
    public void A_refund_counts_once(long amount, long refunded, long of, long payable) =>
        Assert.Equal(payable, Rerating.Payable(amount, refunded == 0 ? null : new ChargeRefund(refunded, of)));

    [Fact]
    public void Payable_is_never_more_than_the_amount_nor_less_than_nothing_and_grows_with_it() =>
        (from of in Gen.Long[1, 1_000_000]
         from refunded in Gen.Long[1, of]
         from a in Gen.Long[0, 2_000_000]
         from b in Gen.Long[0, 2_000_000]
         select (new ChargeRefund(refunded, of), Math.Min(a, b), Math.Max(a, b)))
        .Sample((refund, low, high) =>
        {
            Assert.InRange(Rerating.Payable(low, refund), 0, low);
            Assert.True(Rerating.Payable(low, refund) <= Rerating.Payable(high, refund));
        });

    /// <summary>Random re-ratings of one charge with disputes between them; the driver's account is followed transfer by transfer.</summary>
    [Fact]
    public void Nobody_is_refunded_twice_whatever_happens_in_which_order() =>
        (from steps in (from isDispute in Gen.Bool from number in Gen.Long[0, 1500] select (isDispute, number)).Array[1, 12] select steps).Sample(steps =>
        {
            var standing = Begin(1000);
            var balance = Sum(standing.Chain);
            var (rated, refunds) = (1000L, 0L);
            foreach (var (isDispute, number) in steps)
            {
                if (isDispute)
                {
                    // A dispute gives back at most what is paid.
                    var refunded = Math.Min(number, balance);
                    if (refunded == 0) continue;
                    refunds += refunded;
                    balance -= refunded;
                    standing = standing with { Refund = new ChargeRefund(refunds, standing.Gross) };
                    continue;
                }
                rated = number;
                if (Rerating.Pair(standing, Charge(rated), Payer) is not { } pair) continue;
                Assert.Equal(pair.Change, Sum(pair.Cancel) + Sum(pair.Rerate));
                Assert.All(pair.Cancel, transfer => Assert.Contains(standing.Chain, posted => posted.Id == transfer.Reverses && posted.Amount == transfer.Amount));
                balance += pair.Change;
                standing = pair.Standing;
                Assert.Null(Rerating.Pair(standing, Charge(rated), Payer));
            }
            Assert.Equal(standing.Gross - refunds, balance);
            Assert.InRange(balance, 0, Math.Max(rated, standing.Gross));
            if (refunds == 0) Assert.Equal(rated, balance);
        });

    [Fact]
    public void Re_rating_there_and_back_returns_to_the_start_to_the_last_share() =>
        (from other in Gen.Long[0, 2_000_000] from refunded in Gen.Long[0, 1_000_001] select (other, refunded)).Sample((other, refunded) =>
        {
            var before = Begin(1_000_001) with { Refund = refunded == 0 ? null : new ChargeRefund(refunded, 1_000_001) };
            if (Rerating.Pair(before, Charge(other), Payer) is not { } there) return;
            var back = Rerating.Pair(there.Standing, Charge(1_000_001), Payer);
            if (back is null) Assert.Equal((before.Shares, before.Vat), (there.Standing.Shares, there.Standing.Vat));
            else
            {
                Assert.Equal(before.Shares, back.Standing.Shares);
                Assert.Equal(before.Vat, back.Standing.Vat);
                Assert.Equal(0, there.Change + back.Change);
                Assert.Equal(2, back.Standing.Revision);
                Assert.Empty(there.Rerate.Select(transfer => transfer.Id).Intersect(back.Rerate.Select(transfer => transfer.Id)));
            }
        });

    [Fact]
    public void A_passage_that_is_no_longer_charged_is_cancelled_down_to_what_was_refunded()
    {
        var standing = Begin(1000) with { Refund = new ChargeRefund(300, 1000) };
        var pair = Rerating.Pair(standing, null, Payer)!;
        Assert.Equal(-700, pair.Change);
        Assert.Equal(300, pair.Standing.Gross);
        Assert.Null(Rerating.Pair(pair.Standing, null, Payer));
    }

    [Fact]
    public void Another_payer_is_a_pair_and_the_same_again_is_none()
    {
        var standing = Begin(1000);
        Assert.Null(Rerating.Pair(standing, Charge(1000), Payer));
        var pair = Rerating.Pair(standing, Charge(1000), "asset:receivable:partner")!;
        Assert.Equal(0, pair.Change);
        Assert.Equal(standing.Chain.Count, pair.Cancel.Count);
        Assert.All(pair.Rerate, transfer => Assert.Equal(("asset:receivable:partner", BatchKind.Rerated), (transfer.Debit, transfer.Batch)));
        Assert.Equal(pair.Rerate.Select(transfer => transfer.Id), Rerating.Pair(standing, Charge(1000), "asset:receivable:partner")!.Rerate.Select(transfer => transfer.Id));
    }

    [Fact]
    public void Shares_add_up_for_every_amount_and_weight() =>
        (from amount in Gen.OneOf(Gen.Long[0, 100], Gen.Long[0, long.MaxValue]) from weights in Gen.OneOf(Gen.Long[0, 9], Gen.Long[0, long.MaxValue]).Array[1, 8] select (amount, weights)).Sample((amount, weights) =>
        {
            if (weights.All(weight => weight == 0)) return;
            var parts = LargestRemainder.Split(amount, weights);
            Assert.Equal(amount, parts.Aggregate((Int128)0, (sum, part) => sum + part));
            Int128 whole = 0;
            foreach (var weight in weights) whole += weight;
            Assert.All(parts.Zip(weights), pair => Assert.InRange(pair.First, (long)((Int128)amount * pair.Second / whole), (long)((Int128)amount * pair.Second / whole) + 1));
        });

    private static StandingCharge Begin(long amount)
    {
        var charge = Charge(amount);
        return new StandingCharge("c-1", 0, Payer, charge.Shares, charge.Vat, charge.Tariff.VatPercent, _day, BatchKind.Normal, new TransferLinks("c-1", "p-1"));
    }

    private static TollCharge Charge(long amount)
    {
        var configuration = Made.Configuration($$"""
            "scale": 0, "prices": [{ "point": "p", "class": "car", "amount": {{amount}} }], "vat": { "percent": 9, "included": true }, "rounding": { "unit": 1, "stage": "line" },
            "concessions": [{ "concession": "a", "weight": 1 }, { "concession": "b", "weight": 1 }, { "concession": "c", "weight": 1 }]
            """);
        return RatingEngine.Rate([new TollUse("p-1", "v", 1_772_445_600_000_000, "p", "car")], configuration).Charges.Single();
    }

    // What the payer owes more by them.
    private static long Sum(IEnumerable<Transfer> transfers) => transfers.Sum(transfer => transfer.Debit == Payer ? transfer.Amount : transfer.Credit == Payer ? -transfer.Amount : 0);
}
