using System.Data.Common;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Makes the receipts of what was sealed, and runs the rules of retention once a day. What fails is tried again, and said in <c>/health/ready</c>.</summary>
internal sealed class ReceiptService(ReceiptDesk receipts, RetentionDesk retention, ILogger<ReceiptService> logger) : BackgroundService, IHealthPart
{
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public string Name => "receipts";

    /// <inheritdoc/>
    public string? Trouble { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            await receipts.WaitAsync(_rest, stoppingToken);
            try
            {
                foreach (var tree in receipts.MakeDue(stoppingToken)) logger.ReceiptsMade(tree.Size, tree.Name);
                retention.RunDue(stoppingToken);
                Trouble = null;
            }
            catch (Exception error) when (error is DbException or IOException or TimeoutException or InvalidOperationException)
            {
                if (Trouble is null) logger.ReceiptsDelayed(error.Message);
                Trouble = error.Message;
            }
        }
    }
}
