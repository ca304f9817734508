using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Server;

public sealed class CompletenessCertificateTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_certificate_says_what_came_and_holds_without_the_server()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var now = DateTimeOffset.UtcNow;
        await cloud.SendAsync(("d", "pm25", 1, now), ("d", "temp", 2, now));
        await cloud.SendAsync(("d", "temp", 3, now.AddSeconds(1)));
        var log = cloud.App.Services.GetRequiredService<DurableLog>();
        await log.AppendAsync(new LogAppend { Gateway = "g1", Epoch = 1, Lane = Lane.Telemetry, FirstSequence = 4, Gap = GapReason.Expired, GapLast = 9 }, Stop);

        using var answer = JsonDocument.Parse(await cloud.Http.GetStringAsync("/api/v1/completeness/certificates?gateway=g1", Stop));
        var items = answer.RootElement.GetProperty("items").EnumerateArray().ToList();
        // The turn of an hour may fall between two batches.
        Assert.InRange(items.Count, 1, 2);
        Assert.Equal(3, items.Sum(item => item.GetProperty("received").GetInt64()));
        Assert.Equal(6, items.Sum(item => item.GetProperty("missing").GetInt64()));
        var key = await cloud.Http.GetStringAsync("/api/v1/completeness/key", Stop);
        var payloads = items.Select(item => CompletenessCertificates.Verify(item.GetProperty("certificate").GetString()!, key).Payload!.Value).ToList();
        if (items.Count == 1)
        {
            var lane = Assert.Single(payloads[0].GetProperty("lanes").EnumerateArray());
            Assert.Equal(("telemetry", "1", 1, 9, 3, 2), (lane.GetProperty("lane").GetString(), lane.GetProperty("epoch").GetString(), lane.GetProperty("first").GetInt64(), lane.GetProperty("last").GetInt64(),
                lane.GetProperty("received").GetInt64(), lane.GetProperty("rows").GetInt64()));
            Assert.Equal("expired", lane.GetProperty("missing")[0].GetProperty("reason").GetString());
            Assert.Equal(await RootAsync(log), lane.GetProperty("root").GetString());
        }

        // As a file that somebody kept, with and without a change.
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["key.pem"], key, Stop);
        await File.WriteAllTextAsync(folder["kept.json"], answer.RootElement.GetRawText(), Stop);
        Assert.All(await CertificateCheck.RunAsync(folder["kept.json"], folder["key.pem"], Stop), row => Assert.Equal(true, row[0]));
        var parts = items[0].GetProperty("certificate").GetString()!.Split('.');
        var forged = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])).Replace("\"received\":", "\"received\":1", StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["forged"], $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(forged))}.{parts[2]}\n", Stop);
        var row = Assert.Single(await CertificateCheck.RunAsync(folder["forged"], folder["key.pem"], Stop));
        Assert.Equal(false, row[0]);
        Assert.Contains("changed", (string)row[^1]!, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(cloud.Data, "keys", "completeness.key")));
    }

    [Fact]
    public void What_is_no_certificate_of_this_key_is_said_and_never_thrown()
    {
        using var folder = new TemporaryFolder();
        using var certificates = CompletenessCertificates.Open(folder["a"]);
        using var others = CompletenessCertificates.Open(folder["b"]);
        var certificate = Assert.Single(certificates.Issue([new LaneHour("g", 0, Lane.Toll, 7, 1, 2, 2, 1, new byte[32], [])], DateTimeOffset.UnixEpoch.AddHours(1)));
        Assert.True(certificate.Final);
        Assert.Null(CompletenessCertificates.Verify(certificate.Certificate, certificates.PublicKey).Wrong);
        Assert.Contains("another key", CompletenessCertificates.Verify(certificate.Certificate, others.PublicKey).Wrong!, StringComparison.Ordinal);
        var none = $"{Base64Url.EncodeToString("""{"alg":"none"}"""u8)}.{certificate.Certificate.Split('.')[1]}.";
        foreach (var wrong in (string[])["", "a", "a.b", "a.b.c", "....", "{}.{}.{}", none, new string('A', 100_000), certificate.Certificate[..^4], "\u0000.\u0000.\u0000"])
            Assert.NotNull(CompletenessCertificates.Verify(wrong, certificates.PublicKey).Wrong);
        Assert.NotNull(CompletenessCertificates.Verify(certificate.Certificate, "no key").Wrong);
        // The key outlives the process; an hour that is not over is not final.
        using var again = CompletenessCertificates.Open(folder["a"]);
        Assert.Equal(certificates.KeyId, again.KeyId);
        Assert.False(Assert.Single(again.Issue([new LaneHour("g", 0, Lane.Toll, 7, 1, 2, 2, 1, new byte[32], [])], DateTimeOffset.UnixEpoch.AddMinutes(59))).Final);
    }

    [Fact]
    public async Task A_range_that_cannot_be_is_refused_by_name()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        await cloud.SendAsync(("d", "pm25", 1, DateTimeOffset.UtcNow));
        Assert.Equal(HttpStatusCode.BadRequest, (await cloud.Http.GetAsync(new Uri("/api/v1/completeness/certificates?from=yesterday", UriKind.Relative), Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await cloud.Http.GetAsync(new Uri("/api/v1/completeness/certificates?limit=0", UriKind.Relative), Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await cloud.Http.GetAsync(new Uri("/api/v1/completeness/certificates?gateway=none", UriKind.Relative), Stop)).StatusCode);
    }

    /// <summary>The root made anew from the rows as the log hands them out.</summary>
    private static async Task<string> RootAsync(DurableLog log)
    {
        var root = new byte[HourHash.Length];
        long first = 1;
        using var reader = log.OpenReader();
        await reader.ReadAsync(0, _ => true, int.MaxValue, (in LogRow row, ReadOnlySpan<byte> columns) =>
        {
            root = HourHash.Add(root, HourHash.Leaf(row.Gateway, row.Lane, 1, first, row.Count, row.Count, SHA256.HashData(columns)));
            first += row.Count;
        }, Stop);
        return Convert.ToHexStringLower(root);
    }
}
