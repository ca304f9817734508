namespace SmartCity.FirmwareSim.Corridor;

/// <summary>What the devices of a toll point notice of a vehicle, and how they err.</summary>
/// <param name="options">How often they err.</param>
internal sealed class Eyes(CorridorOptions options)
{
    /// <summary>All that is noticed of a vehicle lies within this of it, ms.</summary>
    public const long ReachMs = 2_000;

    private const int GhostAfterMs = 900;

    /// <summary>Looks at a vehicle.</summary>
    /// <param name="crossing">The vehicle.</param>
    /// <param name="isFree">Whether a lane is free of vehicles for some seconds around this one.</param>
    /// <returns>What is noticed, and the record that it is about.</returns>
    public (PassageRecord Passage, List<Sight> Sights) Look(Crossing crossing, Func<Lane, bool> isFree)
    {
        var passage = new PassageRecord(crossing);
        var sights = new List<Sight>(8);
        var chance = Chance.Of(options.Seed, ChancePurpose.Sight, crossing.Serial);
        LookAtBody(passage, sights, ref chance);
        for (var i = 0; i < crossing.Vehicle.Tags.Count; i++) LookForTag(i, passage, sights, isFree, ref chance);
        // Motorcycles have no plate in front.
        if (crossing.Vehicle.Plate.Kind != PlateKind.Motorcycle) LookAtPlate(true, passage, sights, ref chance);
        LookAtPlate(false, passage, sights, ref chance);
        passage.Open = sights.Count;
        return (passage, sights);
    }

    private void LookAtBody(PassageRecord passage, List<Sight> sights, ref Chance chance)
    {
        var (lane, type, time) = (passage.Crossing.Lane, passage.Crossing.Vehicle.Class, passage.Crossing.Time);
        var length = type.LengthCm + chance.Below(41) - 20;
        sights.Add(new Sight(time - chance.Below(200), lane.Loop, new LoopSeen((int)((length + 200) / passage.Crossing.SpeedKmh * 36)), passage));
        if (chance.Is(options.Faults[CorridorFault.AvcMissed]))
        {
            passage.Damages.Add(new Damage(LaneEvidence.Avc, CorridorFault.AvcMissed, DamageEffect.Lost));
            return;
        }
        if (type.Name == "trailer" && chance.Is(options.Faults[CorridorFault.AvcSplit]))
        {
            var half = VehicleClass.Of("truck-2");
            var damage = new Damage(LaneEvidence.Avc, CorridorFault.AvcSplit, DamageEffect.Altered) { Said = half.Name };
            sights.Add(new Sight(time, lane.Avc, new AvcSeen(half, length / 2, passage.Crossing.SpeedKmh, false), passage) { Damage = damage });
            sights.Add(new Sight(time + GhostAfterMs, lane.Avc, new AvcSeen(half, length / 2, passage.Crossing.SpeedKmh, true), passage) { IsOwn = false });
            return;
        }
        var isWrong = chance.Is(options.Faults[CorridorFault.AvcClass]);
        var measured = isWrong ? type.Confused(ref chance) : type;
        sights.Add(new Sight(time, lane.Avc, new AvcSeen(measured, length, passage.Crossing.SpeedKmh, false), passage)
        {
            Damage = isWrong ? new Damage(LaneEvidence.Avc, CorridorFault.AvcClass, DamageEffect.Altered) { Said = measured.Name } : null,
        });
    }

    private void LookForTag(int which, PassageRecord passage, List<Sight> sights, Func<Lane, bool> isFree, ref Chance chance)
    {
        var crossing = passage.Crossing;
        var (lane, tag, at) = (crossing.Lane, crossing.Vehicle.Tags[which], crossing.Time - 100 - chance.Below(300));
        var neighbour = chance.Is(0.5) ? lane.Left ?? lane.Right : lane.Right ?? lane.Left;
        var (isMissed, isBoth, isNeighboursOnly) =
            (chance.Is(options.Faults[CorridorFault.TagMissed]), chance.Is(options.Faults[CorridorFault.TagNeighbour]), chance.Is(options.Faults[CorridorFault.TagNeighbourOnly]));
        var (rssi, reads, lag) = (-45 - chance.Below(18), 2 + chance.Below(14), chance.Below(150));
        var beyond = neighbour == lane.Left ? neighbour?.Left : neighbour?.Right;
        if (isNeighboursOnly && neighbour is not null && isFree(neighbour) && (beyond is null || isFree(beyond))) Neighbour(CorridorFault.TagNeighbourOnly);
        else if (isMissed) passage.Damages.Add(Of(CorridorFault.TagMissed, DamageEffect.Lost));
        else
        {
            var declares = tag.Class == crossing.Vehicle.Class ? null : Of(CorridorFault.TagClass, DamageEffect.Altered) with { Said = tag.Class.Name };
            sights.Add(new Sight(at, lane.Tag, new TagSeen(tag, rssi, reads), passage) { Damage = declares });
            if (isBoth && neighbour is not null) Neighbour(CorridorFault.TagNeighbour);
        }

        void Neighbour(CorridorFault fault) => sights.Add(new Sight(at + lag, neighbour!.Tag, new TagSeen(tag, rssi - 15, 1), passage) { Damage = Of(fault, DamageEffect.Stray), IsOwn = fault == CorridorFault.TagNeighbourOnly });

        Damage Of(CorridorFault fault, DamageEffect effect) => new(LaneEvidence.Tag, fault, effect) { Said = tag.Key, Account = tag.Account };
    }

    private void LookAtPlate(bool isFront, PassageRecord passage, List<Sight> sights, ref Chance chance)
    {
        var crossing = passage.Crossing;
        var (lane, plate) = (crossing.Lane, crossing.Vehicle.Plate);
        var evidence = isFront ? LaneEvidence.Front : LaneEvidence.Rear;
        var at = crossing.Time + (isFront ? -50 - chance.Below(100) : 150 + chance.Below(150));
        var confidence = Math.Round(chance.Between(0.92, 0.995), 3);
        var image = (chance.Bits(), chance.Bits(), chance.Bits(), chance.Bits());
        var (isMissed, isUnread, isMisread, isWeak, isNeighbours) = (chance.Is(options.Faults[CorridorFault.PlateMissed]), chance.Is(options.Faults[CorridorFault.PlateUnread]),
            chance.Is(options.Faults[CorridorFault.PlateMisread]), chance.Is(options.Faults[CorridorFault.PlateWeak]), chance.Is(options.Faults[CorridorFault.PlateNeighbour]));
        var seen = new PlateSeen(isFront, plate, confidence, null, image);
        Damage? damage = null;
        if (isMissed)
        {
            passage.Damages.Add(Of(CorridorFault.PlateMissed, DamageEffect.Lost));
            return;
        }
        if (isUnread) (seen, damage) = (seen with { Plate = null }, Of(CorridorFault.PlateUnread, DamageEffect.Lost));
        else if (isMisread && PlateReading.Misread(plate, ref chance) is { } wrong)
        {
            seen = seen with { Plate = wrong, Confidence = Math.Round(chance.Between(0.7, 0.97), 3), Second = chance.Is(0.5) ? plate : null };
            damage = Of(CorridorFault.PlateMisread, DamageEffect.Altered) with { Said = wrong.Key };
        }
        else if (isWeak) (seen, damage) = (seen with { Confidence = Math.Round(chance.Between(0.5, 0.88), 3) }, Of(CorridorFault.PlateWeak, DamageEffect.Altered) with { Said = plate.Key });
        sights.Add(new Sight(at, isFront ? lane.Front : lane.Rear, seen, passage) { Damage = damage });
        var neighbour = chance.Is(0.5) ? lane.Left ?? lane.Right : lane.Right ?? lane.Left;
        if (!isNeighbours || damage is not null || neighbour is null) return;
        sights.Add(new Sight(at + 40, isFront ? neighbour.Front : neighbour.Rear, seen with { Confidence = Math.Round(confidence - 0.2, 3) }, passage)
        {
            Damage = Of(CorridorFault.PlateNeighbour, DamageEffect.Stray) with { Said = plate.Key },
            IsOwn = false,
        });

        Damage Of(CorridorFault fault, DamageEffect effect) => new(evidence, fault, effect);
    }
}
