using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SmartCity.Edge.Gateway.Commands;
using SmartCity.Hosting.Certificates;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;

namespace SmartCity.Tests.Edge.Gateway.Commands;

/// <summary>Bad settings and arguments, as an operator meets them: exit 2, every error at once, with its place and its remedy, before anything is made.</summary>
public sealed class GatewaySettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalAuthority _authority;

    public GatewaySettingsTests() => _authority = LocalAuthority.Open(_folder["pki"], "test");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("Edge:HtpPort=1", "Edge:HtpPort: is not known. Did you mean Edge:HttpPort?")]
    [InlineData("Edge:Uplink:KeepAlive=5", "a time needs its unit: 5ms, 5s")]
    [InlineData("Edge:Uplink:BackOffMax=5 parsecs", "a time is needed, e.g. 250ms, 5s")]
    [InlineData("Edge:Mqtt:Port=70000", "70000 is no port: 0 (any free one) to 65535 is needed")]
    [InlineData("Edge:Mqtt:Port=-1", "-1 is no port")]
    [InlineData("Edge:Mqtt:Port=mqtt", "a whole number is needed")]
    [InlineData("Edge:HttpPort=1883", "port 1883 is taken by Edge:")]
    [InlineData("Edge:HttpPort=8085", "port 8085 is that of MQTT over WebSocket")]
    [InlineData("Edge:Mqtt:WebSocket=maybe", "one of off, on is needed")]
    [InlineData("Edge:Mqtt:Tls:Certificate=/nowhere/c.pem", "there is no file /nowhere/c.pem")]
    [InlineData("Edge:Mqtt:Tls:Certificate=/etc", "/etc is a folder; a file is needed")]
    [InlineData("Edge:Mqtt:Tls:Address=street", "\"street\" is no IP address")]
    [InlineData("Edge:Uplink:Address=http://cloud:8443", "https://host:8443 is needed")]
    [InlineData("Edge:Uplink:Certificate=/etc/hostname", "a certificate and its key are set together or not at all")]
    [InlineData("Edge:Broker=broker:1883", "is no broker's address; mqtt://host:1883")]
    [InlineData("Edge:BrokerClient:ReceiveMaximum=0", "ReceiveMaximum")]
    [InlineData("Edge:BrokerClient:Topics:0=a/#/b", "\"a/#/b\" is no topic filter")]
    [InlineData("Edge:Zone=Mars/Olympus", "\"Mars/Olympus\" is no time zone")]
    [InlineData("Edge:Spool:TollBytes=lots", "a number of bytes is needed, e.g. 65536, 64KiB or 8GiB")]
    public async Task A_setting_that_cannot_be_used_is_named_with_what_is_needed(string setting, string said)
    {
        var (exit, output, talk) = await RunAsync("run", "--" + setting);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(said, talk);
        Assert.Matches("^(command line|default): Edge:", talk);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task A_private_key_that_others_can_read_is_refused_with_its_remedy()
    {
        var pair = _authority.Server();
        File.SetUnixFileMode(pair.Key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        foreach (var section in (string[])["Edge:Mqtt:Tls", "Edge:Uplink", "Edge:BrokerClient"])
        {
            var (exit, _, talk) = await RunAsync("run", $"--{section}:Certificate={pair.Certificate}", $"--{section}:Key={pair.Key}");
            Assert.Equal(2, exit);
            Assert.Contains($"{section}:Key: ", talk);
            Assert.Contains($"run: chmod 600 {pair.Key}", talk);
        }
    }

    [Fact]
    public async Task Files_that_are_no_certificates_and_keys_of_another_one_are_refused()
    {
        var (pair, other) = (_authority.Server(), _authority.Server("other"));
        await File.WriteAllTextAsync(_folder["text.pem"], "no certificate", TestContext.Current.CancellationToken);
        var (exit, _, talk) = await RunAsync("run", $"--Edge:Mqtt:Tls:Certificate={pair.Certificate}", $"--Edge:Mqtt:Tls:Key={other.Key}", $"--Edge:Mqtt:Tls:Authority={_folder["text.pem"]}");
        Assert.Equal(2, exit);
        Assert.Contains($"{other.Key} is not the private key of {pair.Certificate}", talk);
        Assert.Contains($"{_folder["text.pem"]} holds no certificate", talk);
    }

    [Fact]
    public async Task All_errors_come_together_with_their_places_and_no_secret_among_them()
    {
        var (exit, _, talk) = await RunAsync("run", "--Edge:HtpPort=1", "--Edge:Mqtt:Port=70000", "--Edge:Uplink:KeepAlive=5", "--Edge:Mqtt:Tls:Key=/nowhere/k.pem", "--Edge:Mqtt:Tls:Address=x",
            "--Edge:Broker=mqtt//gate:geheim@host", "--Edge:Spool:SeriesMax=0");
        Assert.Equal(2, exit);
        var lines = talk.TrimEnd().Split('\n');
        foreach (var key in (string[])["Edge:HtpPort", "Edge:Mqtt:Port", "Edge:Uplink:KeepAlive", "Edge:Mqtt:Tls:Key", "Edge:Mqtt:Tls:Address", "Edge:Broker", "Edge:Spool:SeriesMax"])
            Assert.Contains(lines, line => line.Contains(key + ": ", StringComparison.Ordinal));
        Assert.DoesNotContain("geheim", talk);
    }

    [Fact]
    public async Task A_port_that_is_taken_and_a_folder_that_is_in_use_are_named_with_the_remedy()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        var (exit, _, talk) = await RunAsync("run", "--Edge:Mqtt:Port=0", string.Create(CultureInfo.InvariantCulture, $"--Edge:HttpPort={port}"));
        Assert.Equal(1, exit);
        Assert.Contains(port.ToString(CultureInfo.InvariantCulture), talk);
        Assert.Contains("choose another with Edge:HttpPort", talk);
        using (DataFolder.Take(_folder["data"])) Assert.Contains("Stop it, or name another folder with --data", (await RunAsync("run", "--Edge:Mqtt:Port=0", "--Edge:HttpPort=0")).Talk);
    }

    [Fact]
    public async Task Credentials_that_cannot_be_used_stop_the_start_with_their_place()
    {
        Directory.CreateDirectory(_folder["data"]);
        await File.WriteAllTextAsync(Path.Combine(_folder["data"], "devices.json"), "{\"devices\": [\n{\"id\": \"d\", \"password\": \"plain\"}]}", TestContext.Current.CancellationToken);
        var (exit, _, talk) = await RunAsync("run", "--Edge:Mqtt:Port=0", "--Edge:HttpPort=0");
        Assert.Equal(1, exit);
        Assert.Contains("devices[0]: the password is no hash; make one with: smartcity-gateway password", talk);
        Directory.CreateDirectory(_folder["folder"]);
        Assert.Contains("is a folder", (await RunAsync("run", "--Edge:Mqtt:Port=0", "--Edge:HttpPort=0", $"--Edge:Mqtt:Devices={_folder["folder"]}")).Talk);
    }

    [Fact]
    public async Task Help_and_version_go_to_stdout_and_the_settings_show_no_password()
    {
        Assert.Contains("dead-letter", (await RunAsync("--help")).Output);
        using var version = new StringWriter(CultureInfo.InvariantCulture);
        Assert.Equal(0, await CommandLine.RunAsync(GatewayCommand.Create(["--version"]), ["--version"], version, version, TestContext.Current.CancellationToken));
        var (exit, output, _) = await RunAsync("config", "show", "--output", "csv", "--Edge:Broker=mqtts://gate:geheim@host", "--Edge:BrokerClient:Password=geheim");
        Assert.Equal(0, exit);
        Assert.Contains("Edge:Broker,mqtts://***@host", output);
        Assert.DoesNotContain("geheim", output);
    }

    private async Task<(int Exit, string Output, string Talk)> RunAsync(params string[] words)
    {
        string[] args = [.. words, "--data", _folder["data"]];
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var talk = new StringWriter(CultureInfo.InvariantCulture);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(20));
        var exit = await CommandLine.RunAsync(GatewayCommand.Create(args, TextReader.Null), args, output, talk, stop.Token);
        return (exit, output.ToString(), talk.ToString());
    }
}
