using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Devices.Twins;
using SmartCity.Model;

namespace SmartCity.Cloud.Fleet.Twins;

/// <summary>
/// Changes of desired documents: patched, replaced, undone. A change names the version that it replaces, is checked whole, written down with what was so before and
/// after (no password in either), and kept; then <see cref="Changed"/> tells of it. One that changes nothing makes no version.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="clock">Dates versions.</param>
public sealed class TwinChanges(TwinStore store, TimeProvider clock)
{
    /// <summary>Raised, with the gateway's id, after a version was made.</summary>
    public event Action<string>? Changed;

    /// <summary>Applies a JSON merge patch.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="expected">The version that it is made for; 0 where there is none yet.</param>
    /// <param name="patch">The patch, UTF-8.</param>
    /// <param name="by">Who.</param>
    /// <param name="record">Writes it down, given what was so before and after, before it is done.</param>
    /// <returns>The present version then.</returns>
    /// <exception cref="TwinChangeException">It cannot be made.</exception>
    public DesiredTwin Patch(string gateway, long expected, ReadOnlySpan<byte> patch, string by, Action<string, string> record)
    {
        var change = Read(patch);
        return Make(gateway, expected, by, "patch", before => MergePatch.Apply(before, change), record);
    }

    /// <summary>Puts another document in the place of the present one; the rest as of <see cref="Patch"/>.</summary>
    public DesiredTwin Replace(string gateway, long expected, ReadOnlySpan<byte> document, string by, Action<string, string> record)
    {
        // Members that are null are none, as in a patch.
        var next = MergePatch.Apply(new JsonObject(), Read(document));
        return Make(gateway, expected, by, "replace", _ => next, record);
    }

    /// <summary>Makes a new version with what stood in an earlier one, of null the one before the present one; the rest as of <see cref="Patch"/>.</summary>
    public DesiredTwin Undo(string gateway, long expected, long? version, string by, Action<string, string> record)
    {
        var back = version ?? expected - 1;
        JsonObject Earlier() => back == 0 ? new JsonObject()
            : store.Find(gateway, back) is { } earlier ? TwinJson.ReadObject(Encoding.UTF8.GetBytes(earlier.Document))
            : throw new TwinChangeException(string.Create(CultureInfo.InvariantCulture, $"There is no version {back} to go back to."));
        if (store.Desired(gateway).Version == 0) throw new TwinChangeException("Nothing was changed yet.");
        return Make(gateway, expected, by, string.Create(CultureInfo.InvariantCulture, $"undo {back}"), _ => Earlier(), record);
    }

    private DesiredTwin Make(string gateway, long expected, string by, string how, Func<JsonObject, JsonObject> change, Action<string, string> record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var present = store.Desired(gateway);
        if (present.Version != expected) throw Outdated(present, expected);
        var before = TwinJson.ReadObject(Encoding.UTF8.GetBytes(present.Document));
        var after = change(before);
        Check(TwinSecrets.Keep(after, before));
        var canonical = TwinJson.Canonical(after);
        var hash = TwinJson.HashOf(canonical);
        if (hash == (present.Version == 0 ? TwinJson.HashOf("{}"u8) : present.Hash)) return present;
        if (TwinDocument.Parse(canonical, out var faults) is null) Check(faults);
        var next = new DesiredTwin(gateway, present.Version + 1, hash, Encoding.UTF8.GetString(canonical), UnixMicros.Now(clock), by, how);
        var (was, becomes) = (TwinSecrets.Hide(before), TwinSecrets.Hide(after));
        if (!store.Add(next, () => record(MergePatch.Between(becomes, was).ToJsonString(TwinText.Options), MergePatch.Between(was, becomes).ToJsonString(TwinText.Options)))) throw Outdated(store.Desired(gateway), expected);
        Changed?.Invoke(gateway);
        return next;
    }

    private static void Check(IReadOnlyList<TwinFault> faults)
    {
        if (faults.Count > 0) throw new TwinChangeException(string.Join(' ', faults.Take(5).Select(fault => fault.ToString()))) { Faults = faults };
    }

    private static TwinChangeException Outdated(DesiredTwin present, long expected) =>
        new(string.Create(CultureInfo.InvariantCulture, $"The present version is {present.Version}, and not {expected}: somebody has changed it meanwhile.")) { IsOutdated = true };

    private static JsonObject Read(ReadOnlySpan<byte> json)
    {
        if (json.Length > TwinJson.BytesMax) Check([new TwinFault("", string.Create(CultureInfo.InvariantCulture, $"it has {json.Length} bytes; {TwinJson.BytesMax} are allowed."))]);
        try
        {
            var read = TwinJson.ReadObject(json);
            // Half a character is found only where its text is asked for; so that it is found here.
            _ = TwinJson.Canonical(read);
            return read;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new TwinChangeException(error.Message, error) { Faults = [new TwinFault("", $"this is no JSON object that can be used: {error.Message}")] };
        }
    }
}
