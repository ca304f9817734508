using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>What the settings name that lies outside of the data folder.</summary>
internal static class BackupSettings
{
    /// <summary>Certificates and keys; they come into the backup's folder <c>settings</c>.</summary>
    public static IReadOnlyList<string> FilesOf(ServerOptions options) =>
        [.. new[] { options.Ingest.Certificate, options.Ingest.Key, options.Ingest.Authority, options.HttpsCertificate, options.HttpsKey }.OfType<string>().Where(file => file.Length > 0).Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];

    /// <summary>What other servers keep, which have backups of their own.</summary>
    public static IReadOnlyList<string> LeftOut(ServerOptions options)
    {
        var leftOut = new List<string>();
        if (options.Store == "influx") leftOut.Add($"the readings in InfluxDB at {options.Influx.Address}: use influxd backup or influx backup");
        if (options.Store == "victoria") leftOut.Add($"the readings in VictoriaMetrics at {options.Victoria.Address}: use its snapshots (vmbackup)");
        if (options.Toll.Postgres is not null) leftOut.Add("the ledger in PostgreSQL: use pg_dump");
        return leftOut;
    }
}
