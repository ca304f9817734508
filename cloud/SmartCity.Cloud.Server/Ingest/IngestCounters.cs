namespace SmartCity.Cloud.Server.Ingest;

/// <summary>What the boundary counts. Thread-safe.</summary>
public sealed class IngestCounters
{
    private long _batches, _values, _bytes, _duplicates, _refused, _certificatesRefused;

    /// <summary>Batches appended.</summary>
    public long Batches => Volatile.Read(ref _batches);
    /// <summary>Values appended, dead letters included.</summary>
    public long Values => Volatile.Read(ref _values);
    /// <summary>Bytes of columns received, as sent.</summary>
    public long Bytes => Volatile.Read(ref _bytes);
    /// <summary>Values that were durable already and came again.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates);
    /// <summary>Streams refused because of what the gateway sent.</summary>
    public long Refused => Volatile.Read(ref _refused);
    /// <summary>Client certificates refused.</summary>
    public long CertificatesRefused => Volatile.Read(ref _certificatesRefused);

    internal void Appended(int values)
    {
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _values, values);
    }

    internal void Came(int bytes) => Interlocked.Add(ref _bytes, bytes);
    internal void Repeated(long values) => Interlocked.Add(ref _duplicates, values);
    internal void RefuseStream() => Interlocked.Increment(ref _refused);
    internal void RefuseCertificate() => Interlocked.Increment(ref _certificatesRefused);
}
