using CsCheck;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

public sealed class PassageDiffTests
{
    private static readonly Gen<Passage[]> _passages = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 2]).Array[0, 10]
        .Select(some => some.DistinctBy(one => one.Item1).Select(one => Drive($"avc-{one.Item1}", one.Item1 * 1_000_000L) with { Axles = one.Item2 }).ToArray());

    [Fact]
    public void What_stands_and_the_difference_make_what_was_recomputed() => Gen.Select(_passages, _passages).Sample((standing, recomputed) =>
    {
        var diff = PassageDiff.Of(standing, recomputed);
        var made = standing.ToDictionary(passage => passage.Id);
        foreach (var passage in diff.Removed) Assert.True(made.Remove(passage.Id, out var before) && before.Equals(passage));
        foreach (var change in diff.Changed)
        {
            Assert.Equal(made[change.Before.Id], change.Before);
            Assert.NotEqual(change.Before, change.After);
            made[change.After.Id] = change.After;
        }
        foreach (var passage in diff.Added) Assert.True(made.TryAdd(passage.Id, passage));
        Assert.Equal(recomputed.OrderBy(passage => passage.Id), made.Values.OrderBy(passage => passage.Id));
        Assert.Equal(diff.Added.OrderBy(passage => passage.Id, StringComparer.Ordinal), diff.Added);
        Assert.True(PassageDiff.Of(recomputed, recomputed).IsEmpty);
    });

    [Fact]
    public void A_member_more_is_a_change_and_the_same_members_anew_are_none()
    {
        var passage = Drive("avc", 0);
        var same = passage with { Members = new PassageMembers([.. passage.Members]) };
        var more = passage with { Members = new PassageMembers([.. passage.Members, passage.Members[0] with { Kind = TollEventKind.Loop }]) };
        Assert.True(PassageDiff.Of([passage], [same]).IsEmpty);
        Assert.Equal(passage.GetHashCode(), same.GetHashCode());
        Assert.Equal(new PassageChange(passage, more), Assert.Single(PassageDiff.Of([passage], [more]).Changed));
    }

    [Fact]
    public void An_id_that_stands_twice_is_refused() => Assert.Throws<ArgumentException>(() => PassageDiff.Of([Drive("avc", 0), Drive("avc", 0)], []));

    [Theory]
    [InlineData("THN-1", "d", 1, 1)]
    [InlineData("THN-1", "d", 1, 2)]
    [InlineData("THN-1", "d", 2, 1)]
    [InlineData("THN-1d", "", 1, 1)]
    [InlineData("THN-", "1d", 1, 1)]
    public void The_id_of_a_passage_tells_apart_what_its_parts_do(string tollPoint, string device, ulong boot, ulong sequence)
    {
        var id = Passage.IdOf(tollPoint, new TollEventRef(device, boot, sequence, 5));
        Assert.Equal(32, id.Length);
        Assert.Equal(id, Passage.IdOf(tollPoint, new TollEventRef(device, boot, sequence, 6)));
        Assert.Equal((tollPoint, device, boot, sequence) == ("THN-1", "d", 1, 1), id == Passage.IdOf("THN-1", new TollEventRef("d", 1, 1, 5)));
    }

    internal static Passage Drive(string device, long time, string tollPoint = "THN-1")
    {
        var anchor = new TollEventRef(device, 1, 1, 0);
        return new Passage
        {
            Id = Passage.IdOf(tollPoint, anchor), TollPoint = tollPoint, Lane = "L1", Direction = "north", Time = time, Clock = ClockVerdict.Device, Anchor = anchor,
            Members = new PassageMembers([new PassageMember(anchor, TollEventKind.Avc, "L1", false)]), State = PassageState.Billable,
        };
    }
}
