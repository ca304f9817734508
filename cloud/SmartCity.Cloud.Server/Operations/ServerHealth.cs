using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>Whether the log takes what gateways send.</summary>
internal sealed class LogHealth(DurableLog log) : IHealthPart
{
    public string Name => "log";

    public string? Trouble =>
        log.Broken.IsFaulted ? "the disk failed; the process ends and starts again"
        : log.IsFull ? "the volume is full; free room on it. Gateways keep what they have"
        : log.Room == 0 ? "at its quota: a consumer is behind, see the other parts. Gateways keep what they have"
        : null;

    public string? Warning => log.Notes is { Count: > 0 } notes ? string.Join(' ', notes) : null;
}

/// <summary>Says which gateways are refused because another process sends as the same one. Others are not touched by it, so the server is ready.</summary>
internal sealed class GatewaysHealth(GatewayDirectory gateways) : IHealthPart
{
    public string Name => "gateways";

    public string? Trouble => null;

    public string? Warning
    {
        get
        {
            var copies = gateways.All().Where(state => state.Copy is not null).Select(state => $"{state.Gateway}: {state.Copy}").ToArray();
            return copies.Length == 0 ? null : string.Join(' ', copies);
        }
    }
}

/// <summary>Whether a consumer stores.</summary>
internal sealed class ConsumerHealth(LogConsumer consumer) : IHealthPart
{
    public string Name => consumer.Name;

    public string? Trouble => consumer.Trouble ?? (consumer.Offset < 0 ? "opening its store" : null);
}

/// <summary>Says that nothing takes readings from the log.</summary>
internal sealed class NoStoreHealth : IHealthPart
{
    public string Name => "readings";

    public string? Trouble => "no store of readings is configured; values stay in the log";
}
