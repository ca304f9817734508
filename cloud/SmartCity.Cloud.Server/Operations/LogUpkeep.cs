using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>Trims the log and takes the audit each minute, and ends the process when the log's disk has failed: what is durable is known only after a start.</summary>
internal sealed class LogUpkeep(DurableLog log, CloudAudit audit, RunRecord run, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<LogUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromMinutes(1);
    /// <summary>Both hold the log back, whether they run in this process or not.</summary>
    private static readonly string[] _consumers = ["readings", "tolling"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        log.Noted += Say;
        foreach (var note in log.Notes) Say(note);
        using var timer = new PeriodicTimer(_every, clock);
        try
        {
            while (true)
            {
                var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
                await Task.WhenAny(tick, log.Broken);
                if (log.Broken.IsFaulted) await log.Broken;
                await tick;
                // Kept at hand for a time when a store does not answer.
                await audit.LookAsync(stoppingToken);
                try
                {
                    await log.TrimAsync(_consumers, stoppingToken);
                }
                catch (IOException error)
                {
                    logger.Unavailable("trimming", error.Message, null);
                }
            }
        }
        catch (LogBrokenException error)
        {
            logger.LogFailed(error.Message);
            run.Failed(error.Message);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
        finally
        {
            log.Noted -= Say;
        }

        void Say(string note) => logger.LogNote(note);
    }
}
