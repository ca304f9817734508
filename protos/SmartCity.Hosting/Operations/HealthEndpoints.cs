using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SmartCity.Hosting.Operations;

/// <summary><c>/health/live</c> and <c>/health/ready</c>.</summary>
public static class HealthEndpoints
{
    /// <summary>
    /// Maps both. Ready answers 503 while any registered <see cref="IHealthPart"/> has trouble, with a line for each part. A part that warns
    /// leaves it at 200, with the status <c>degraded</c>: the process does its work, but someone should look.
    /// </summary>
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => Results.Text("{\"status\":\"ok\"}\n", "application/json"));
        app.MapGet("/health/ready", (IEnumerable<IHealthPart> parts) =>
        {
            var (ready, text) = Report(parts);
            return Results.Text(text, "application/json", Encoding.UTF8, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
    }

    /// <summary>The answer of <c>/health/ready</c>: whether all parts are ready, and JSON with a line a part.</summary>
    internal static (bool Ready, string Text) Report(IEnumerable<IHealthPart> parts)
    {
        var lines = parts.Select(part => (part.Name, part.Trouble, part.Warning)).OrderBy(part => part.Name, StringComparer.Ordinal).ToArray();
        var ready = lines.All(part => part.Trouble is null);
        var status = !ready ? "not ready" : lines.All(part => part.Warning is null) ? "ok" : "degraded";
        var text = new StringBuilder($"{{\"status\":\"{status}\",\"parts\":[");
        for (var i = 0; i < lines.Length; i++)
            text.Append(i == 0 ? "\n  " : ",\n  ").Append(JsonSerializer.Serialize(new { part = lines[i].Name, ok = lines[i].Trouble is null, reason = lines[i].Trouble ?? lines[i].Warning }));
        return (ready, text.Append("\n]}\n").ToString());
    }
}
