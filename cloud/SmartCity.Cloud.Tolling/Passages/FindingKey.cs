using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Names a finding for as long as it stands, however often its cell is correlated: by its code and what it is about, not by its words.</summary>
public static class FindingKey
{
    /// <summary>32 hex digits over toll point, code, event and passage.</summary>
    public static string Of(Finding finding)
    {
        var e = finding.Event is { } named ? string.Create(CultureInfo.InvariantCulture, $"{named.Device}\0{named.Boot}\0{named.Sequence}\0{named.Digest}") : "";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{finding.TollPoint}\0{finding.Code}\0{e}\0{finding.Passage}")).AsSpan(0, 16));
    }
}
