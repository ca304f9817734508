using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>A real mosquitto as the front end, and the gateway behind it killed.</summary>
public sealed class BrokerTests
{
    [Fact]
    public async Task What_mosquitto_holds_reaches_the_store_once_through_three_kills_of_the_gateway()
    {
        const int Messages = 12_000;
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await MosquittoBroker.StartNewAsync();
        using var city = new TrunkCity { GatewayMore = ["--broker", $"mqtt://127.0.0.1:{broker.Port}", "--Edge:BrokerClient:BackOffMin=100ms", "--Edge:BrokerClient:ReceiveMaximum=50"] };
        await city.StartAsync(stop);

        using var pub = Process.Start(new ProcessStartInfo("mosquitto_pub",
            ["-p", broker.Port.ToString(CultureInfo.InvariantCulture), "-i", "feeder", "-t", "city/v1/feeder/telemetry", "-q", "1", "-l"]) { RedirectStandardInput = true })!;
        var feeding = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++) await pub.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"ts": {{1795485689980 + i}}, "a": {{i}}}"""));
            pub.StandardInput.Close();
        }, stop);
        for (var kill = 1; kill <= 3; kill++)
        {
            var taken = kill * Messages / 8;
            await Eventually.HoldsAsync($"the gateway has taken {taken}", async () => await city.Gateway.AuditAsync("accepted", stop) >= taken);
            city.Gateway.Kill();
            await city.Gateway.StartReadyAsync(TimeSpan.FromSeconds(20), stop);
        }
        await feeding;
        await pub.WaitForExitAsync(stop);
        Assert.Equal(0, pub.ExitCode);
        await Eventually.HoldsAsync($"{Messages} distinct readings are stored", async () => await city.Server.AuditAsync("stored", stop) >= Messages, seconds: 60);
        await city.SettleAsync(TimeSpan.FromSeconds(30), stop);
        Assert.Equal(Messages, await city.Server.AuditAsync("stored", stop));
        Assert.Equal(0, await city.Server.AuditAsync("imbalance", stop));
        Assert.Equal(0, await city.Gateway.AuditAsync("imbalance", stop));
    }
}
