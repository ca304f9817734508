using System.Security.Authentication;

namespace SmartCity.Cloud.TimeSeries.Engines;

/// <summary>Why an engine could not be reached, in words that say what to do.</summary>
internal static class EngineFailure
{
    /// <summary>The words of an error, and of those inside of it: of TLS the outer one says nothing.</summary>
    public static string WordsOf(Exception error)
    {
        var inner = error;
        while (inner is not AuthenticationException && inner.InnerException is { } next) inner = next;
        if (inner is not AuthenticationException) return error.Message;
        var why = inner.InnerException is { } cause ? $"{inner.Message} {cause.Message}" : inner.Message;
        var remedy = why.Contains("RemoteCertificateNameMismatch", StringComparison.Ordinal) ? "Its certificate is that of another host: name the host in the address that the certificate is for"
            : why.Contains("RemoteCertificateChainErrors", StringComparison.Ordinal) ? "Its certificate is signed by nobody whom this machine trusts: add its authority to the machine's certificates (Debian: /usr/local/share/ca-certificates, update-ca-certificates)"
            : "Check that TLS is spoken there";
        return $"TLS failed: {why.TrimEnd('.')}. {remedy}";
    }
}
