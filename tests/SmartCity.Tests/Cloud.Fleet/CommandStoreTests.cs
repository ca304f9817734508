using System.Text;
using SmartCity.Cloud.Fleet.Commands;

namespace SmartCity.Tests.Cloud.Fleet;

public sealed class CommandStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandStore _store;

    public CommandStoreTests() => _store = new CommandStore(_folder["fleet/commands.db"]);

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_command_exists_once_under_its_device_and_id()
    {
        var command = Command("d1", "r1", 1, "{\"dim\":40}");
        Assert.True(_store.Add(command).IsNew);
        var (again, isNew) = _store.Add(Command("d1", "r1", 9, "other"));
        Assert.False(isNew);
        Assert.Equal("{\"dim\":40}", Encoding.UTF8.GetString(again.Payload));
        Assert.True(_store.Add(Command("d2", "r1", 1, "x")).IsNew);
        Assert.Equal((command.By, command.Made, command.Timeout), (again.By, again.Made, again.Timeout));
        Assert.Null(_store.Find("d1", "r2"));
    }

    [Fact]
    public void It_moves_on_and_never_back_and_an_answer_comes_in_place_of_all_else()
    {
        _store.Add(Command("d1", "r1", 1, "x"));
        Assert.Equal(CommandState.Sent, Change(CommandState.Sent));
        Assert.Equal(CommandState.Delivered, Change(CommandState.Delivered));
        Assert.Equal(CommandState.Delivered, Change(CommandState.Sent));
        Assert.Equal(CommandState.Expired, Change(CommandState.Expired));
        Assert.Equal(CommandState.Expired, Change(CommandState.Delivered));
        Assert.Equal(CommandState.Expired, Change(CommandState.Unheard));
        Assert.Equal(CommandState.Answered, Change(CommandState.Answered, "late"));
        Assert.Equal(CommandState.Answered, Change(CommandState.Answered, "twice"));
        Assert.Equal(CommandState.Answered, Change(CommandState.Expired));
        Assert.Equal("late", Encoding.UTF8.GetString(_store.Find("d1", "r1")!.Answer!));
    }

    [Fact]
    public void Only_its_own_gateway_speaks_of_it()
    {
        _store.Add(Command("d1", "r1", 1, "x"));
        Assert.Null(_store.Change("d1", "r1", "g2", CommandState.Answered, 2, "forged"u8.ToArray()));
        Assert.Equal(CommandState.Waiting, _store.Find("d1", "r1")!.State);
        Assert.Null(_store.Change("d1", "none", "g1", CommandState.Answered, 2, []));
    }

    [Fact]
    public void They_are_listed_by_pages_the_newest_first_and_outlive_the_process()
    {
        for (var i = 0; i < 7; i++) _store.Add(Command("d1", $"r{i}", i / 2, "x"));
        _store.Change("d1", "r3", "g1", CommandState.Answered, 9, []);
        using var again = new CommandStore(_folder["fleet/commands.db"]);
        var first = again.List("d1", null, 3);
        Assert.Equal(["r6", "r5", "r4"], first.Select(command => command.Request));
        Assert.Equal(["r3", "r2", "r1", "r0"], again.List("d1", (first[^1].Made, first[^1].Request), 10).Select(command => command.Request));
        Assert.Equal(["r0", "r1", "r2", "r4", "r5", "r6"], again.Open("g1").Select(command => command.Request));
        Assert.Equal((6, 0), (again.OpenCount("g1"), again.OpenCount("g2")));
        Assert.Equal([], again.Find("d1", "r3")!.Answer!);
    }

    [Fact]
    public void Old_ones_go_and_open_ones_stay()
    {
        for (var i = 0; i < 10; i++) _store.Add(Command("d1", $"r{i}", i, "x"));
        for (var i = 1; i < 10; i++) _store.Change("d1", $"r{i}", "g1", CommandState.Answered, i, []);
        Assert.Equal(2, _store.Prune(3, 100));
        Assert.Equal(3, _store.Prune(0, 5));
        Assert.Equal(["r9", "r8", "r7", "r6", "r0"], _store.List("d1", null, 100).Select(command => command.Request));
    }

    private CommandState Change(CommandState state, string? answer = null) => _store.Change("d1", "r1", "g1", state, 5, answer is null ? null : Encoding.UTF8.GetBytes(answer))!.State;

    private static DeviceCommand Command(string device, string request, long made, string payload) =>
        new(device, request, "g1", "mina", Encoding.UTF8.GetBytes(payload), made, TimeSpan.FromSeconds(60), CommandState.Waiting, made);
}
