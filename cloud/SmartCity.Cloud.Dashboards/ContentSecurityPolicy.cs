namespace SmartCity.Cloud.Dashboards;

/// <summary>What a page may load and do, written out once: everything from its own host, nothing from any other, no script or style inside the page.</summary>
public static class ContentSecurityPolicy
{
    /// <summary>The header's value.</summary>
    public const string Value =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; " +
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}
