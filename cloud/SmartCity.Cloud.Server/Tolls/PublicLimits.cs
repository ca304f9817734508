using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using SmartCity.Cloud.Server.Access;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>
/// How often whoever has not signed in may ask of tolls: by address, and of one receipt whatever the address, since its plate could be guessed. Kept in memory
/// and forgotten when idle.
/// </summary>
internal sealed class PublicLimits : IDisposable
{
    private readonly PartitionedRateLimiter<string> _byAddress = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
    {
        TokenLimit = 30, TokensPerPeriod = 30, ReplenishmentPeriod = TimeSpan.FromMinutes(1), AutoReplenishment = true, QueueLimit = 0,
    }));
    private readonly PartitionedRateLimiter<string> _byReceipt = PartitionedRateLimiter.Create<string, string>(receipt => RateLimitPartition.GetFixedWindowLimiter(receipt, _ => new FixedWindowRateLimiterOptions
    {
        PermitLimit = 5, Window = TimeSpan.FromHours(1), AutoReplenishment = true, QueueLimit = 0,
    }));

    /// <summary>Whether whoever asks may do so now; else how long to wait.</summary>
    public TimeSpan? WaitOf(HttpContext context) => Try(_byAddress, NetworkOf(CityAccess.AddressOf(context)), TimeSpan.FromMinutes(1));

    /// <summary>Whether a plate may be tried for a receipt now; else how long to wait.</summary>
    public TimeSpan? WaitOf(string receipt) => Try(_byReceipt, receipt, TimeSpan.FromHours(1));

    /// <inheritdoc/>
    public void Dispose()
    {
        _byAddress.Dispose();
        _byReceipt.Dispose();
    }

    /// <summary>Says in an answer how long to wait.</summary>
    public static long Say(HttpContext context, TimeSpan wait)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return seconds;
    }

    private static TimeSpan? Try(PartitionedRateLimiter<string> limiter, string of, TimeSpan usual)
    {
        using var lease = limiter.AttemptAcquire(of);
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : usual;
    }

    /// <summary>A household has a whole /64 of IPv6 addresses.</summary>
    internal static string NetworkOf(string address)
    {
        if (!IPAddress.TryParse(address, out var ip) || ip.AddressFamily != AddressFamily.InterNetworkV6) return address;
        if (ip.IsIPv4MappedToIPv6) return ip.MapToIPv4().ToString();
        var bytes = ip.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes).ToString();
    }
}
