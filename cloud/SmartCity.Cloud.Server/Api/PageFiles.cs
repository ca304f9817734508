using Microsoft.AspNetCore.Hosting.StaticWebAssets;
using SmartCity.Cloud.Server.Access;

namespace SmartCity.Cloud.Server.Api;

/// <summary>
/// The files of the pages (scripts, styles, libraries, font), from our own host. A published server has them in <c>wwwroot</c>; a built one finds
/// them by the manifests beside its assembly, whatever program runs it.
/// </summary>
internal static class PageFiles
{
    private const string Assembly = "SmartCity.Cloud.Server";

    /// <summary>Lets the host find the files of a build.</summary>
    public static void ServePageFiles(this WebApplicationBuilder builder)
    {
        var manifest = Path.Combine(AppContext.BaseDirectory, $"{Assembly}.staticwebassets.runtime.json");
        if (!File.Exists(manifest)) return;
        builder.Configuration[WebHostDefaults.StaticWebAssetsKey] = manifest;
        StaticWebAssetsLoader.UseStaticWebAssets(builder.Environment, builder.Configuration);
    }

    /// <summary>Serves them with entity tags and compressed where the browser takes it.</summary>
    public static void MapPageFiles(this WebApplication app) => app.MapStaticAssets(Path.Combine(AppContext.BaseDirectory, $"{Assembly}.staticwebassets.endpoints.json")).Public();
}
