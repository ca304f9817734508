namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>Bytes that the cloud lets us send. Granted by the receiving loop, spent by the sending one.</summary>
internal sealed class UplinkCredit
{
    private readonly Lock _gate = new();
    private readonly Signal _granted = new();
    private long _bytes;

    public void Grant(ulong bytes)
    {
        lock (_gate) _bytes = checked((long)Math.Min((ulong)long.MaxValue, (ulong)_bytes + bytes));
        _granted.Set();
    }

    /// <summary>Takes <paramref name="bytes"/>, waiting until the cloud has granted as many.</summary>
    public async ValueTask SpendAsync(int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_bytes >= bytes)
                {
                    _bytes -= bytes;
                    return;
                }
            }
            await _granted.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }
}
