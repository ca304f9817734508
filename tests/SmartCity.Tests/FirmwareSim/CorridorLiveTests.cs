using System.Buffers;
using System.Text;
using System.Text.Json;
using MQTTnet;
using MQTTnet.Protocol;
using SmartCity.FirmwareSim.Corridor;
using SmartCity.Hosting.Commands;

namespace SmartCity.Tests.FirmwareSim;

public sealed class CorridorLiveTests
{
    [Fact]
    public async Task A_broker_is_told_what_the_truth_says_by_each_device_in_its_order()
    {
        await using var broker = await MosquittoBroker.StartNewAsync();
        using var folder = new TemporaryFolder();
        using var client = new MqttClientFactory().CreateMqttClient();
        var heard = new List<(string Device, string Json)>();
        client.ApplicationMessageReceivedAsync += message =>
        {
            lock (heard) heard.Add((message.ApplicationMessage.Topic.Split('/')[2], Encoding.UTF8.GetString(message.ApplicationMessage.Payload.ToArray())));
            return Task.CompletedTask;
        };
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", broker.Port).WithClientId("listener").Build(), TestContext.Current.CancellationToken);
        await client.SubscribeAsync("city/v1/+/toll", MqttQualityOfServiceLevel.AtLeastOnce, TestContext.Current.CancellationToken);

        var (exit, _, talk) = await Simulator.RunAsync("corridor", "--broker", $"mqtt://127.0.0.1:{broker.Port}", "--points", "1", "--lanes", "4", "--rate", "2", "--duration", "4s",
            "--faults", "offline=0.1,lost=0.05", "--truth", folder["truth"]);
        Assert.True(exit == ExitCode.Done, talk);
        var truth = File.ReadLines(folder["truth"]).Select(PassageTruth.Read).ToList();
        Assert.InRange(truth.Count, 4, 8);
        var expected = truth.SelectMany(one => one.Evidence).Select(one => one.Key).ToHashSet();
        Assert.NotEmpty(expected);
        await Eventually.HoldsAsync("all has arrived", () => expected.IsSubsetOf(Keys().Select(one => one.Key)));
        Assert.All(Keys().Where(one => one.Kind is not ("counter" or "health")), one => Assert.Contains(one.Key, expected));
        foreach (var device in Keys().GroupBy(one => one.Key.Device)) Assert.Equal(device.Select(one => one.Key.Sequence).Order(), device.Select(one => one.Key.Sequence));

        List<(EventKey Key, string Kind)> Keys()
        {
            lock (heard) return [.. heard.Select(one =>
            {
                using var json = JsonDocument.Parse(one.Json);
                return (new EventKey(one.Device, json.RootElement.GetProperty("boot").GetUInt64(), json.RootElement.GetProperty("seq").GetUInt64()), json.RootElement.GetProperty("kind").GetString()!);
            })];
        }
    }
}
