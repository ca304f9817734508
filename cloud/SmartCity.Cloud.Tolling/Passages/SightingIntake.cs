using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>First step: every event once, its time judged, its payload read, and set aside where it can take no part.</summary>
/// <param name="Anchors">Classifiers' events that take part, by time and key; those of doubtful time too.</param>
/// <param name="Reads">Reads that take part, by time and key.</param>
/// <param name="Held">Events that take no part, by time and key.</param>
internal sealed record SightingIntake(List<Sighting> Anchors, List<Sighting> Reads, List<Sighting> Held)
{
    public static SightingIntake Take(TollPointLayout point, TimeWindow context, IEnumerable<NamedEvent> events, CorrelationOptions options)
    {
        var lanes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < point.Lanes.Count; i++) lanes.Add(point.Lanes[i].Id, i);

        // Contents of a key that says more than one thing stand one behind the other.
        var byKey = new Dictionary<(string Device, ulong Boot, ulong Sequence), Sighting>();
        Dictionary<(string, ulong, ulong), List<Sighting>>? conflicts = null;
        foreach (var (e, name) in events)
        {
            var key = (e.Device, e.Boot, e.Sequence);
            if (!byKey.TryGetValue(key, out var before)) byKey.Add(key, Sight(e, name));
            else if (before.Ref.Digest == name.Digest) byKey[key] = Earlier(before, e, name);
            else
            {
                var others = (conflicts ??= []).TryGetValue(key, out var list) ? list : conflicts[key] = [];
                var same = others.FindIndex(other => other.Ref.Digest == name.Digest);
                if (same < 0) others.Add(Sight(e, name));
                else others[same] = Earlier(others[same], e, name);
            }
        }

        BelieveWhatWaited(byKey.Values.Concat(conflicts?.Values.SelectMany(list => list) ?? []), options);
        var intake = new SightingIntake([], [], []);
        foreach (var (key, sighting) in byKey) intake.Sort(sighting, context, conflicts is not null && conflicts.ContainsKey(key));
        foreach (var sighting in conflicts?.Values.SelectMany(list => list) ?? []) intake.Sort(sighting, context, true);
        intake.Anchors.Sort(Sighting.ByTime);
        intake.Reads.Sort(Sighting.ByTime);
        intake.Held.Sort(Sighting.ByTime);
        return intake;

        Sighting Sight(TollEvent e, in TollEventRef name)
        {
            var (time, clock) = EventClock.Judge(e, options);
            var lane = lanes.GetValueOrDefault(e.Lane, -1);
            var sighting = new Sighting(e, name)
            {
                Time = time, Clock = clock, Lane = lane, MayHaveWaited = EventClock.MayHaveWaited(e, options), IsStranger = lane >= 0 && point.Lanes[lane].Devices is { } devices && !devices.Contains(e.Device),
            };
            if (context.Contains(time) || (sighting.MayHaveWaited && context.Contains(e.Time))) Read(sighting, e.Json.Span);
            return sighting;
        }

        // An event that came over two roads has two receipts; the first is the witness of its time, whichever was stored first.
        Sighting Earlier(Sighting known, TollEvent again, in TollEventRef name)
        {
            if (known.Received < again.Received) return known;
            var other = Sight(again, name);
            return known.Received > again.Received || (other.Clock, other.Time).CompareTo((known.Clock, known.Time)) < 0 ? other : known;
        }
    }

    /// <summary>Gives events their device's time again where it was the line that was late, not the clock that was wrong.</summary>
    private static void BelieveWhatWaited(IEnumerable<Sighting> sightings, CorrelationOptions options)
    {
        var atOnce = CorrelationWindows.Micros(options.AtOnce);
        foreach (var start in sightings.Where(sighting => sighting.MayHaveWaited).GroupBy(sighting => (sighting.Ref.Device, sighting.Ref.Boot)))
        {
            var late = start.OrderBy(sighting => sighting.Received).ToList();
            for (var i = 0; i < late.Count; i++)
                for (var j = i + 1; j < late.Count && EventClock.Apart(late[j].Received, late[i].Received) <= atOnce; j++)
                    if (!(HasTime(late[i]) && HasTime(late[j]))
                        && EventClock.WaitedTogether(late[i].Ref.Sequence, late[i].Stamped, late[i].Received, late[j].Ref.Sequence, late[j].Stamped, late[j].Received, options))
                        foreach (var sighting in (ReadOnlySpan<Sighting>)[late[i], late[j]]) (sighting.Time, sighting.Clock) = (sighting.Stamped, ClockVerdict.Device);
        }

        static bool HasTime(Sighting sighting) => sighting.Clock == ClockVerdict.Device;
    }

    private void Sort(Sighting sighting, TimeWindow context, bool hasConflict)
    {
        if (!context.Contains(sighting.Time)) return;
        sighting.Held =
            hasConflict ? HoldReason.KeyConflict
            : sighting.Kind is TollEventKind.Counter or TollEventKind.Health ? HoldReason.NoVehicle
            : sighting.Lane < 0 ? HoldReason.UnknownLane
            : sighting.IsStranger ? HoldReason.UnknownDevice
            : sighting.Clock == ClockVerdict.Suspect && sighting.Kind != TollEventKind.Avc ? HoldReason.TimeSuspect
            : null;
        (sighting.Held is not null ? Held : sighting.IsRead ? Reads : Anchors).Add(sighting);
    }

    private static void Read(Sighting sighting, ReadOnlySpan<byte> json)
    {
        var malformed = new List<string>();
        switch (sighting.Kind)
        {
            case TollEventKind.Avc:
                var avc = TollPayload.ReadAvc(json, malformed);
                (sighting.Class, sighting.Axles) = (avc.Class, avc.Axles);
                break;
            case TollEventKind.Tag:
                var tag = TollPayload.ReadTag(json, malformed);
                if (tag.Id is { } id) sighting.Show(id);
                (sighting.Class, sighting.Reads) = (tag.Class, tag.Reads ?? 0);
                sighting.RssiDbm = tag.RssiDbm ?? double.NegativeInfinity;
                if (tag.Id is null && malformed.Count == 0) malformed.Add(tag.Tag is null ? "tag" : "issuer");
                break;
            case TollEventKind.Anpr:
                foreach (var candidate in TollPayload.ReadAnpr(json, malformed).Candidates)
                    if (PlateGrammar.Parse(candidate.Text, candidate.Country) is { } plate)
                    {
                        sighting.Show(plate);
                        sighting.Confidence = candidate.Confidence ?? 0;
                        break;
                    }
                break;
            case TollEventKind.Loop:
                TollPayload.ReadLoop(json, malformed);
                break;
        }
        if (malformed.Count > 0) sighting.Malformed = string.Join(", ", malformed);
    }
}
