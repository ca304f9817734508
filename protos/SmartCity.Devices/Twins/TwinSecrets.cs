using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Devices.Credentials;

namespace SmartCity.Devices.Twins;

/// <summary>
/// Passwords in a document, <c>devices.*.password</c> and <c>bridges.*.password</c>. They come in clear or as a hash, are kept as a hash, and are shown as a
/// mark alone, which says whether two are the same and nothing more. A mark that comes back leaves what it stands for.
/// </summary>
public static class TwinSecrets
{
    /// <summary>Passwords in clear of one change: each takes its time to be hashed.</summary>
    public const int ClearMax = 200;
    /// <summary>Longest password, UTF-8 bytes.</summary>
    public const int PasswordBytesMax = 1_024;
    private const string MarkBegin = "(hidden ";
    private static readonly string[] _groups = ["devices", "bridges"];

    /// <summary>A document as it may be shown: marks in place of passwords.</summary>
    public static JsonObject Hide(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var shown = (JsonObject)document.DeepClone();
        foreach (var (_, _, holder) in Holders(shown))
            if (holder["password"] is { } password) holder["password"] = Mark(password.ToJsonString());
        return shown;
    }

    /// <summary>Puts hashes in place of passwords in clear, and of marks what stood there before. <paramref name="document"/> is changed.</summary>
    /// <param name="document">The document as it is to be.</param>
    /// <param name="before">As it was.</param>
    /// <returns>What is wrong; empty where nothing is.</returns>
    public static IReadOnlyList<TwinFault> Keep(JsonObject document, JsonObject before)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(before);
        var (faults, clear) = (new List<TwinFault>(), 0);
        foreach (var (group, name, holder) in Holders(document))
        {
            if (holder["password"] is not JsonValue given || given.GetValueKind() != JsonValueKind.String || given.GetValue<string>() is not { } text || PasswordHash.TryParse(text) is not null) continue;
            var place = TwinJson.Step(TwinJson.Step("/" + group, name), "password");
            var kept = ((before[group] as JsonObject)?[name] as JsonObject)?["password"] is JsonValue old && old.GetValueKind() == JsonValueKind.String ? old.GetValue<string>() : null;
            if (text.StartsWith(MarkBegin, StringComparison.Ordinal))
            {
                // Of another version it would silently bring that version's password back to nobody's knowledge.
                if (kept is null || Mark(JsonValue.Create(kept)!.ToJsonString()) != text) faults.Add(new TwinFault(place, "this mark stands for no password that is here now; write the password, or leave the member out."));
                else holder["password"] = kept;
            }
            else if (text.Length == 0 || Encoding.UTF8.GetByteCount(text) > PasswordBytesMax) faults.Add(new TwinFault(place, string.Create(CultureInfo.InvariantCulture, $"a password has 1 to {PasswordBytesMax} bytes.")));
            else if (++clear > ClearMax) faults.Add(new TwinFault(place, string.Create(CultureInfo.InvariantCulture, $"one change sets at most {ClearMax} passwords; set the others with a further one, or as hashes (smartcity-gateway password).")));
            // The same password again is no change.
            else if (kept is null || PasswordHash.TryParse(kept)?.Fits(Encoding.UTF8.GetBytes(text)) != true) holder["password"] = PasswordHash.Of(Encoding.UTF8.GetBytes(text)).ToString();
            else holder["password"] = kept;
        }
        return faults;
    }

    private static IEnumerable<(string Group, string Name, JsonObject Holder)> Holders(JsonObject document) =>
        from name in _groups
        where document[name] is JsonObject
        from entry in ((JsonObject)document[name]!).ToList()
        where entry.Value is JsonObject
        select (name, entry.Key, (JsonObject)entry.Value!);

    private static string Mark(string password) => $"{MarkBegin}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password)).AsSpan(0, 4))})";
}
