using System.Net;
using System.Net.Sockets;

namespace SmartCity.Tests.EndToEnd;

/// <summary>The city in a box as real processes.</summary>
public sealed class AppHostTests : IDisposable
{
    /// <summary>SIGTERM to the end of every process: ten seconds by contract, and what a busy machine adds to see it.</summary>
    private static readonly TimeSpan _stopsWithin = TimeSpan.FromSeconds(12);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sigterm_stops_every_process_in_ten_seconds()
    {
        using var city = CityProcess.Start(_folder.Path);
        await ServerRunsAsync(city);
        city.Terminate();
        Assert.Equal(0, await city.ExitAsync(_stopsWithin));
        Assert.Empty(city.Processes());
    }

    [Fact]
    public async Task Kill_of_the_host_alone_leaves_no_process_behind()
    {
        using var city = CityProcess.Start(_folder.Path);
        await ServerRunsAsync(city);
        city.Kill();
        await Eventually.HoldsAsync("no process of the city runs", () => city.Processes().Count == 0);
    }

    [Fact]
    public async Task A_second_city_in_the_same_folder_is_refused_and_the_first_goes_on()
    {
        using var first = CityProcess.Start(_folder.Path);
        await ServerRunsAsync(first);
        using (var second = CityProcess.Start(_folder.Path))
        {
            Assert.Equal(1, await second.ExitAsync(TimeSpan.FromSeconds(30)));
            Assert.Contains("is in use by process", second.Words);
        }
        Assert.NotEmpty(first.Processes());
        first.Terminate();
        Assert.Equal(0, await first.ExitAsync(_stopsWithin));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_explained_before_anything_starts()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        using var city = CityProcess.StartAs(_folder.Path, "--port", $"{port}");
        Assert.Equal(1, await city.ExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains($"Port {port}, which the server needs for HTTP, is taken by process {Environment.ProcessId}", city.Words);
        Assert.Contains("--port 0", city.Words);
        Assert.False(Directory.Exists(_folder["server"]));
    }

    [Theory]
    [InlineData("--prot", "Did you mean --port?")]
    [InlineData("--port=70000", "0 (any free one) to 65535")]
    [InlineData("--store=oracle", "duckdb, influx")]
    [InlineData("--devices=0", "1 to 100,000")]
    [InlineData("--replay=/nowhere", "/nowhere")]
    public async Task Wrong_use_ends_with_2_and_says_what_is_right(string argument, string said)
    {
        using var city = CityProcess.StartAs(_folder.Path, argument);
        Assert.Equal(2, await city.ExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains(said, city.Words);
    }

    private static Task ServerRunsAsync(CityProcess city) =>
        Eventually.HoldsAsync($"the server has written its ports", () => File.Exists(Path.Combine(city.Data, "server", "ports.json")), seconds: 60);
}
