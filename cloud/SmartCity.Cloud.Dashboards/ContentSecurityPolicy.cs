namespace SmartCity.Cloud.Dashboards;

/// <summary>What a page may load and do, written out once: everything from its own host, nothing from any other, no script or style inside the page.</summary>
public static class ContentSecurityPolicy
{
    /// <summary>The header's value.</summary>
    public const string Value =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; " +
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>
    /// The header's value for the reference of the API alone. Its program writes style elements and attributes while it runs, which no list of hashes can
    /// foresee; styles inside the page are let in for it, scripts inside the page and other hosts are not. Nothing that somebody else has written is shown there.
    /// </summary>
    public const string OfReference =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; " +
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}
