using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Hosting.Operations;

/// <summary><c>/metrics</c>.</summary>
public static class MetricsEndpoint
{
    /// <summary>Maps it; the services hold a <see cref="MetricsText"/>. The metrics of the process itself are added to it.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder app)
    {
        var metrics = app.ServiceProvider.GetRequiredService<MetricsText>();
        metrics.AddCounter("process_cpu_seconds_total", "Processor time of user and system.", () => Environment.CpuUsage.TotalTime.TotalSeconds);
        metrics.AddGauge("process_resident_memory_bytes", "Memory that is resident.", () => Environment.WorkingSet);
        metrics.AddGauge("dotnet_gc_heap_bytes", "Managed heap after the last collection.", () => GC.GetGCMemoryInfo().HeapSizeBytes);
        metrics.AddCounter("dotnet_gc_allocated_bytes_total", "Bytes that were allocated.", () => GC.GetTotalAllocatedBytes());
        metrics.AddGauge("dotnet_thread_pool_threads", "Threads of the pool.", () => ThreadPool.ThreadCount);
        app.MapGet("/metrics", (MetricsText text) => Results.Text(text.Write(), "text/plain; version=0.0.4"));
    }
}
