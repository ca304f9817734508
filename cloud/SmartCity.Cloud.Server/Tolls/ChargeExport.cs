using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>What every passage came to in the end, as lines of JSON in the order of passage ids: the same books give the same bytes.</summary>
internal static class ChargeExport
{
    private const int Page = 1_000;
    private static readonly JsonSerializerOptions _options = new(TollJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Writes a file beside its place and moves it there, so that it is whole or not there.</summary>
    /// <returns>How many lines, and SHA-256 of the file, lower-case hexadecimal.</returns>
    public static (long Lines, string Hash) Write(PassageQueries queries, string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (lines, half) = (0L, path + ".half");
        using (var file = File.Create(half))
        {
            for (var query = new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue, Limit: Page); ;)
            {
                var page = queries.Charges(query);
                foreach (var charge in page)
                {
                    var passage = queries.FindPassage(charge.Passage);
                    var line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
                    {
                        charge.Passage, point = charge.TollPoint, time = UnixMicros.ToTime(charge.Time), @class = passage?.ClassCharged,
                        plate = passage is { PlateState: PlateState.Confirmed, Plate: { } plate } ? plate.Key : passage?.TagPlate?.Key,
                        account = charge.Payer is { } payer ? Payer.DriverOf(payer) : null,
                        net = charge.Gross, state = TollEndpoints.Word(charge.Outcome), finding = charge.Code,
                    }, _options) + "\n");
                    file.Write(line);
                    hash.AppendData(line);
                    lines++;
                }
                if (page.Count < Page) break;
                query = query with { After = page[^1].Passage };
            }
            file.Flush(flushToDisk: true);
        }
        File.Move(half, path, overwrite: true);
        return (lines, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
