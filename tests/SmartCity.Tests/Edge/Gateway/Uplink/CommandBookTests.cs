using System.Text;
using Google.Protobuf;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Protos.Uplink.V1;
using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Edge.Gateway.Uplink;

/// <summary>Commands of the cloud at the gateway: given to devices, and what became of them kept until the cloud has it.</summary>
public sealed class CommandBookTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_that_was_acknowledged_to_its_device_is_there_after_a_restart_until_the_cloud_is_done_with_it()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder.Path);
        await gateway.StartAsync();
        var book = gateway.Get<CommandBook>();
        var (device, _) = await RawClient.ConnectAsync(gateway.Port("mqtt"), Connect(V311, "d1"), Stop);
        await device.SendAsync(Subscribe(V311, 1, null, ("city/v1/d1/cmd/+", 1)), Stop);
        Assert.Equal(0x90, (await device.ReceiveAsync(Stop))[0]);
        var look = 0L;

        book.Execute(Command("d1", "r1", "{\"dim\":40}"));
        var command = await device.ReceiveAsync(Stop);
        Assert.Equal((byte)0x32, command[0]);
        Assert.EndsWith("{\"dim\":40}", Encoding.UTF8.GetString(command), StringComparison.Ordinal);
        Assert.Equal(CommandStatus.Delivered, (await ResultAsync()).Status);
        // Known already: told of again, and not given again.
        book.Execute(Command("d1", "r1", "{\"dim\":40}"));
        Assert.Equal(CommandStatus.Delivered, (await ResultAsync()).Status);

        await device.SendAsync(Publish(V311, "city/v1/d1/cmd/r1/res", 7, "{\"ok\":true}", 0x32), Stop);
        Assert.Equal(Acknowledge(0x40, 7), await device.ReceiveAsync(Stop));
        // The first answer counts, whatever comes again.
        await device.SendAsync(Publish(V311, "city/v1/d1/cmd/r1/res", 8, "{\"ok\":false}", 0x3A), Stop);
        Assert.Equal(Acknowledge(0x40, 8), await device.ReceiveAsync(Stop));
        await device.HearsNothingAsync(Stop);
        var answer = await ResultAsync();
        Assert.Equal((CommandStatus.Answered, "{\"ok\":true}"), (answer.Status, answer.Payload.ToStringUtf8()));
        device.Dispose();

        await gateway.StopAsync();
        await gateway.StartAsync();
        book = gateway.Get<CommandBook>();
        look = 0;
        answer = Assert.Single(book.Results(ref look));
        Assert.Equal((CommandStatus.Answered, "r1", "d1", "{\"ok\":true}"), (answer.Status, answer.RequestId, answer.Device, answer.Payload.ToStringUtf8()));
        book.Stored(new CommandStored { Device = "d1", RequestId = "r1", Done = false });
        Assert.Equal(1, book.Count);
        book.Stored(new CommandStored { Device = "d1", RequestId = "r1", Done = true });
        Assert.Equal(0, book.Count);
        await gateway.StopAsync();
        await gateway.StartAsync();
        Assert.Equal(0, gateway.Get<CommandBook>().Count);

        async Task<CommandResult> ResultAsync()
        {
            for (var i = 0; i < 1_000; i++)
            {
                if (book.Results(ref look) is [var one, ..]) return one;
                await Task.Delay(5, Stop);
            }
            throw new InvalidOperationException("Nothing became of the command within 5 s.");
        }
    }

    [Fact]
    public async Task What_nobody_listens_to_is_unheard_and_what_cannot_be_taken_is_refused_with_words()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder.Path);
        await gateway.StartAsync();
        var book = gateway.Get<CommandBook>();
        book.Execute(Command("nobody", "r1", "x"));
        book.Execute(Command("a/b", "r1", "x"));
        book.Execute(Command("", "r1", "x"));
        var look = 0L;
        var found = new List<CommandResult>();
        await Eventually.HoldsAsync("it is told of", () =>
        {
            found.AddRange(book.Results(ref look));
            return found.Count >= 3;
        });
        Assert.Equal(CommandStatus.Unheard, found.Single(result => result.Device == "nobody").Status);
        Assert.StartsWith("device and request id are", found.Single(result => result.Device == "a/b").Payload.ToStringUtf8(), StringComparison.Ordinal);
        // One without a device is the gateway's own.
        Assert.StartsWith("a command is a JSON object", found.Single(result => result.Device.Length == 0).Payload.ToStringUtf8(), StringComparison.Ordinal);
        for (var i = 0; i < CommandBook.CommandsMax; i++) book.Execute(Command("nobody", $"m{i}", "x"));
        await Eventually.HoldsAsync("it is told of", () =>
        {
            found.AddRange(book.Results(ref look));
            return found.Any(result => result.Payload.ToStringUtf8().Contains("1000 commands are under way", StringComparison.Ordinal));
        });
        Assert.Equal(CommandBook.CommandsMax, book.Count);
    }

    private static Command Command(string device, string request, string payload) => new() { Device = device, RequestId = request, Payload = ByteString.CopyFromUtf8(payload), TimeoutMillis = 60_000 };
}
