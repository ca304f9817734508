using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Topics;
using SmartCity.Edge.Spool;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Edge.Gateway.Intake;

// Dead letters that an operator sends through the decoders again, after what was wrong has been put right.
internal sealed partial class Intake
{
    private readonly HashSet<long> _resubmitting = [];

    /// <summary>
    /// Decodes a dead letter's payload again, as if it came at the time at which it first came, and keeps what can be read now. What was kept when it
    /// first came is kept again under the same time, which every store knows for a repeat. What still cannot be read stays in the letter. Rows and letter
    /// change in one transaction, so that a letter that is gone has been kept, once.
    /// </summary>
    /// <param name="id">The letter's number.</param>
    /// <returns>What became of it; null where there is no such letter.</returns>
    public async Task<ResubmissionOutcome?> ResubmitAsync(long id)
    {
        // Claimed before it is read: a letter that another one is settling must not be taken for one that still stands.
        lock (_gate)
            if (!_resubmitting.Add(id)) return new ResubmissionOutcome(0, 0, "it is being resubmitted already");
        try
        {
            return _spool.DeadLetter(id) is { } letter ? await ResubmitAsync(letter).ConfigureAwait(false) : null;
        }
        finally
        {
            lock (_gate) _resubmitting.Remove(id);
        }
    }

    private Task<ResubmissionOutcome> ResubmitAsync(DeadLetter letter)
    {
        _hasRoom.Wait();
        bool isSignal;
        Resubmission again;
        lock (_gate)
        {
            var lane = (Lane)letter.Lane;
            if (HasNoRoom(lane)) return Task.FromResult(ResubmissionOutcome.Refused(letter, Full ?? "there is no room in its lane until the cloud has taken some"));
            if (letter.Payload.Length > PayloadBytesMax) return Task.FromResult(ResubmissionOutcome.Refused(letter, letter.Reason));
            var (outcome, reason) = Decode(letter, lane);
            if (outcome.Kept == 0 && outcome.Rejected > 0) return Task.FromResult(ResubmissionOutcome.Refused(letter, reason));
            Counters.Values += outcome.Kept;
            again = new Resubmission(letter, outcome.Kept, outcome.Rejected, reason);
            _pending.Resubmissions.Add(again);
            isSignal = Grow(letter.Payload.Length);
        }
        if (isSignal) Waiting?.Invoke();
        return again.Done;
    }

    /// <summary>Whether a letter is on its way to the disk.</summary>
    public bool IsResubmitting(long id)
    {
        lock (_gate) return _resubmitting.Contains(id);
    }

    private (PayloadOutcome Outcome, string Reason) Decode(DeadLetter letter, Lane lane)
    {
        var receipt = new Receipt(letter.Time, _trust.IsTrusted);
        if (!TopicGrammar.TryParse(letter.Topic.Span, out var topic)) return DecodeMapped(letter, receipt);
        var device = new DeviceSeries(topic.Device);
        switch (topic.Kind)
        {
            case TopicKind.Telemetry or TopicKind.SenMl or TopicKind.SenMlCbor:
                // Not judged by (boot, seq): what was good in its message is marked as kept, and the message with it.
                var readings = DecodeReadings(device, topic.Kind, letter.Payload.Span, _pending.Readings, receipt, null, out var reasons);
                return (readings, reasons);
            case TopicKind.Toll when lane == Lane.Toll:
                _trial.Clear();
                var events = _toll.Decode(device, letter.Payload.Span, _pending.Events, _trial, receipt);
                return (events, events.Rejected > 0 ? _toll.DescribeRejections() : "");
            case TopicKind.Toll:
                // The letter of readings in a message of events, whose own letter is another one.
                _toll.Decode(device, letter.Payload.Span, new List<TollEvent>(), _pending.Readings, receipt);
                return (_toll.Health, _toll.Health.Rejected > 0 ? _toll.DescribeHealthRejections() : "");
            default: return (new PayloadOutcome(0, 0, letter.Values, true), letter.Reason);
        }
    }
}
