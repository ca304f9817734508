using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MQTTnet;
using MQTTnet.Protocol;
using SmartCity.Devices.Topics;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary>
/// The ladder: identity → clock → DNS → TCP → TLS → certificate → link → spool → MQTT login → message on the disk → stored and visible. It opens no uplink of its own,
/// which the city would take for a copy of this gateway. The test message is a reading <c>check</c> of the device that has the gateway's own id.
/// </summary>
internal sealed class LinkCheck(GatewayOptions options, string data, bool sends)
{
    private const string Metric = "check";
    /// <summary>Bytes on the volume under which room is too little, and the share of a lane's quota over which it is nearly full.</summary>
    private const long RoomMin = 64 << 20;
    private const double LaneFull = 0.95;
    private static readonly TimeSpan _connectWithin = TimeSpan.FromSeconds(10), _visibleWithin = TimeSpan.FromSeconds(20), _clockNear = TimeSpan.FromSeconds(2), _clockFar = TimeSpan.FromMinutes(5);
    private static readonly string[] _names = ["identity", "clock", "DNS", "TCP", "TLS", "certificate accepted", "uplink", "spool", "MQTT login", "message on the disk", "stored and visible"];
    private readonly List<LinkStep> _steps = [];

    /// <summary>Goes as far as it leads.</summary>
    public async Task<IReadOnlyList<LinkStep>> RunAsync(CancellationToken stop)
    {
        options.Uplink.Identity = IdentityFolder.In(data);
        options.Uplink.OfCity = TwinRecord.InForceIn(data).UplinkAddress;
        var files = options.Uplink.Files;
        var isLinked = await LinkAsync(files, stop);
        // The disk is looked at whatever the link is like: it is what keeps the readings meanwhile.
        if (await SpoolAsync(stop) && isLinked && sends) await MessageAsync(files, stop);
        // What was not reached is said too, so that nobody takes it for well.
        foreach (var name in _names.Where(name => !_steps.Any(step => step.Name == name)))
            _steps.Add(new LinkStep(name, StepState.Skipped, sends || Array.IndexOf(_names, name) < Array.IndexOf(_names, "MQTT login") ? "not looked at: a step before has failed" : "not looked at (--no-message)"));
        return [.. _steps.OrderBy(step => Array.IndexOf(_names, step.Name))];
    }

    /// <summary>Address of the city's pages: of settings, else the one that the gateway enrolled by.</summary>
    private Uri? Cloud => (options.Enrolment.Cloud ?? options.Uplink.Identity!.Read()?.Cloud) is { } address ? new Uri(address) : null;

    private async Task<bool> LinkAsync(UplinkFiles files, CancellationToken stop)
    {
        if (!Identity(files, out var own, out var roots)) return false;
        var address = new Uri(files.Address);
        var cloud = Cloud;
        if (await DnsAsync(address.Host, stop) is not { } addresses) return false;
        if (!await TcpAsync(address, addresses, stop)) return false;
        if (!await TlsAsync(address, own!, roots!, stop)) return false;
        return await AcceptedAsync(cloud, own!, roots!, stop) && await UplinkAsync(stop);
    }

    private bool Identity(UplinkFiles files, out SslStreamCertificateContext? own, out X509Certificate2Collection? roots)
    {
        (own, roots) = (null, null);
        if (files.Certificate is null || files.Key is null || files.Authority is null)
            return Fail("identity", $"this gateway is not enrolled; {data} holds no certificate", "Have a code made (smartcity gateway enrol-code ID, or the page /gateways) and type: smartcity-gateway enrol --cloud https://HOST:8444 --code CODE");
        try
        {
            (own, roots) = (Enroller.Own(files.Certificate, files.Key), Enroller.Roots(files.Authority));
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Fail("identity", $"{files.Certificate}, {files.Key} or {files.Authority} cannot be used: {error.Message}", "Put the files back, or enrol again with a new code.");
        }
        var (certificate, now) = (own.TargetCertificate, DateTimeOffset.UtcNow);
        var (from, until) = (new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter));
        var found = string.Create(CultureInfo.InvariantCulture, $"{GatewayId.Of(options.Uplink)}, certificate from {from.UtcDateTime:yyyy-MM-dd HH:mm} to {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
        // An ended one is no end: the gateway renews it with its known key.
        if (now < from) return Fail("identity", $"{found}; this box's clock says {now:yyyy-MM-dd HH:mm} UTC", "The clock is wrong: timedatectl set-ntp true, or set it by hand.");
        if (now > until) return Fail("identity", $"{found}; it has ended", "A gateway that runs renews it by itself as soon as it reaches the city; if it does not, look at its log, or enrol again with a new code.");
        return Done("identity", string.Create(CultureInfo.InvariantCulture, $"{found}, {(until - now).TotalDays:0.#} days left"));
    }

    private async Task<IPAddress[]?> DnsAsync(string host, CancellationToken stop)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, stop);
            Done("DNS", $"{host} is {string.Join(", ", addresses.Take(4).Select(one => one.ToString()))}");
            return addresses;
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            Fail("DNS", $"{host} is not found: {error.Message}", "Check the name in Edge:Uplink:Address and this network's DNS (resolvectl status).");
            return null;
        }
    }

    private async Task<bool> TcpAsync(Uri address, IPAddress[] addresses, CancellationToken stop)
    {
        var begin = Stopwatch.GetTimestamp();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(_connectWithin);
        try
        {
            await socket.ConnectAsync(addresses, address.Port, patience.Token);
            return Done("TCP", string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port} answers in {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:0} ms"));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return Fail("TCP", $"{address.Host}:{address.Port} refuses connections", "The machine is there, the server's port is not: is the server running, does it listen on this address (Cloud:Ingest:Address), is the port right?");
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            return Fail("TCP", $"{address.Host}:{address.Port} does not answer within {_connectWithin.TotalSeconds:0} s", "Check cable, modem, SIM and firewall: the port must be open outwards.");
        }
    }

    private async Task<bool> TlsAsync(Uri address, SslStreamCertificateContext own, X509Certificate2Collection roots, CancellationToken stop)
    {
        X509Certificate2? shown = null;
        var trouble = "";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(_connectWithin);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, patience.Token);
            await using var stream = new SslStream(client.GetStream());
            var tls = CityClient.Tls(roots, own, own.TargetCertificate.NotBefore, TimeProvider.System);
            (tls.TargetHost, tls.ApplicationProtocols) = (address.Host, [SslApplicationProtocol.Http2]);
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                shown = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                trouble = WhyOf(errors, chain, shown, address.Host);
                return errors == SslPolicyErrors.None;
            };
            await stream.AuthenticateAsClientAsync(tls, patience.Token);
            return Done("TLS", string.Create(CultureInfo.InvariantCulture, $"{stream.SslProtocol}, the server is {shown?.GetNameInfo(X509NameType.SimpleName, false)}, its certificate holds until {shown?.NotAfter.ToUniversalTime():yyyy-MM-dd} and is of our root"));
        }
        catch (AuthenticationException error)
        {
            return Fail("TLS", trouble.Length > 0 ? trouble : error.InnerException?.Message ?? error.Message, trouble.Contains("clock", StringComparison.Ordinal) ? "Set the clock of whichever is wrong: timedatectl set-ntp true."
                : "Check Edge:Uplink:Address: the server's certificate must name its host (Cloud:Fleet:Names at the server). If the root is another, this gateway is enrolled in another city: enrol it again.");
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            return Fail("TLS", $"the handshake broke off: {error.Message}", "Something between closes TLS (a proxy, an inspecting firewall), or this gateway was revoked: ask the city's administrator.");
        }
        finally
        {
            shown?.Dispose();
        }
    }

    private static string WhyOf(SslPolicyErrors errors, X509Chain? chain, X509Certificate2? shown, string host)
    {
        if (errors == SslPolicyErrors.None) return "";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return "the server shows no certificate";
        if (chain?.ChainStatus.Any(status => status.Status == X509ChainStatusFlags.NotTimeValid) == true)
            return string.Create(CultureInfo.InvariantCulture, $"the server's certificate holds from {shown?.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} to {shown?.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC, and this box's clock says {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return $"the server's certificate is of {shown?.GetNameInfo(X509NameType.DnsName, false)}, not of {host}";
        return $"the server's certificate is not of our root: {string.Join("; ", chain?.ChainStatus.Select(status => status.StatusInformation.Trim()) ?? [])}";
    }

    /// <summary>Asks the city, by the certificate, who this is; its answer also tells the time.</summary>
    private async Task<bool> AcceptedAsync(Uri? cloud, SslStreamCertificateContext own, X509Certificate2Collection roots, CancellationToken stop)
    {
        if (cloud is null)
        {
            _steps.Add(new LinkStep("certificate accepted", StepState.Skipped, "not asked: the address of the city's pages is not known (Edge:Enrolment:Cloud)"));
            return true;
        }
        try
        {
            var self = await new CityClient(cloud, TimeProvider.System).SelfAsync(roots, own, "", stop);
            var off = self.GetProperty("serverTime").GetDateTimeOffset() - DateTimeOffset.UtcNow;
            var clock = string.Create(CultureInfo.InvariantCulture, $"{off.Duration().TotalSeconds:0.0} s {(off < TimeSpan.Zero ? "ahead of" : "behind")} the city's");
            if (off.Duration() > _clockFar) Fail("clock", clock, "Set it: timedatectl set-ntp true. Until then readings without a time of their own are doubted.");
            else Done("clock", off.Duration() > _clockNear ? $"{clock}; toll lanes need 0.1 s" : clock);
            return Done("certificate accepted", $"the city knows this gateway as {self.GetProperty("gateway").GetString()}");
        }
        catch (EnrolmentException error)
        {
            return Fail("certificate accepted", error.Message, error.Fault == EnrolmentFault.Unreachable
                ? $"The uplink's port answers, but {cloud} does not: open it outwards too; renewals go there."
                : "The city does not let this gateway in: ask its administrator whether it was revoked; with a new code: smartcity-gateway enrol --new-key");
        }
    }

    /// <summary>Whether the gateway that runs here has its stream open.</summary>
    private async Task<bool> UplinkAsync(CancellationToken stop)
    {
        var socket = AdminSocket.FileIn(data);
        if (!AdminSocket.Answers(socket)) return Fail("uplink", $"no gateway runs on {data}", "Start it: smartcity-gateway run, or name its folder with --data.");
        try
        {
            using var client = AdminSocket.Connect(socket);
            // It may have just started, or have just been enrolled.
            for (var begin = Stopwatch.GetTimestamp(); ;)
            {
                using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), stop);
                using var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
                var reason = health.RootElement.GetProperty("parts").EnumerateArray().Where(part => part.GetProperty("part").GetString() == "uplink").Select(part => part.GetProperty("reason").GetString()).FirstOrDefault();
                if (reason is null) return Done("uplink", "the gateway's stream to the city is open");
                if (Stopwatch.GetElapsedTime(begin) > _visibleWithin) return Fail("uplink", reason, "Look at the gateway's page (http://localhost:8081) and at its log; it goes on trying by itself.");
                await Task.Delay(TimeSpan.FromMilliseconds(500), stop);
            }
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or KeyNotFoundException)
        {
            return Fail("uplink", $"the gateway does not say: {error.Message}", "Look at its log and start it again.");
        }
    }

    /// <summary>Whether the spool's folder can be written, and there is room: on the volume, and in each lane.</summary>
    private async Task<bool> SpoolAsync(CancellationToken stop)
    {
        var folder = Path.Combine(data, "spool");
        var place = Directory.Exists(folder) ? folder : data;
        if (!Directory.Exists(place)) return Fail("spool", $"there is no {place}", "Start the gateway once, or name its folder with --data.");
        var probe = Path.Combine(place, $"check.{Environment.ProcessId}");
        try
        {
            // As durably as readings are kept.
            DurableFile.Replace(probe, new byte[4096]);
            File.Delete(probe);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Fail("spool", $"{place} cannot be written: {error.Message}", "Run it as the gateway's user (sudo -u smartcity …). If that cannot write either: is the volume full or mounted read-only (df -h, dmesg)?");
        }
        var free = new DriveInfo(place).AvailableFreeSpace;
        var room = string.Create(CultureInfo.InvariantCulture, $"{place} is written, {free / (1L << 20):N0} MiB are free on its volume");
        if (free < RoomMin) return Fail("spool", room, "Make room on the volume: when it is full, devices are refused until the city has taken what waits.");
        var socket = AdminSocket.FileIn(data);
        if (!AdminSocket.Answers(socket)) return Done("spool", $"{room}; its lanes are known when the gateway runs");
        try
        {
            var lanes = (await AdminSocket.AskAsync(socket, HttpMethod.Get, "/api/v1/spool", stop)).GetProperty("items").EnumerateArray()
                .Select(lane => (Name: lane.GetProperty("lane").GetString(), Bytes: lane.GetProperty("bytes").GetInt64(), Quota: lane.GetProperty("quotaBytes").GetInt64(), Queued: lane.GetProperty("queued").GetInt64())).ToList();
            if (lanes.FirstOrDefault(lane => lane.Bytes > lane.Quota * LaneFull) is { Name: { } full } one)
                return Fail("spool", string.Create(CultureInfo.InvariantCulture, $"lane {full} holds {one.Bytes:N0} of {one.Quota:N0} bytes"), "It is nearly full and refuses when it is: mend the way to the city first, or give the lane a larger quota.");
            return Done("spool", string.Create(CultureInfo.InvariantCulture, $"{room}, {lanes.Sum(lane => lane.Queued):N0} values wait for the city"));
        }
        catch (Exception error) when (error is HttpRequestException or CommandException or JsonException or KeyNotFoundException)
        {
            return Fail("spool", $"the gateway does not say what its lanes hold: {error.Message}", "Look at its log and start it again.");
        }
    }

    private async Task MessageAsync(UplinkFiles files, CancellationToken stop)
    {
        var (device, number) = (GatewayId.Of(options.Uplink), (double)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var port = PortsFile.TryRead(data) is { } ports && ports.TryGetValue("mqtt", out var written) ? written : options.Mqtt.Port;
        using var client = new MqttClientFactory().CreateMqttClient();
        try
        {
            var connected = await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId(device).WithCleanStart().WithTimeout(_connectWithin).Build(), stop);
            if (connected.ResultCode != MqttClientConnectResultCode.Success)
            {
                Fail("MQTT login", $"127.0.0.1:{port} refuses {device}: {connected.ResultCode} {connected.ReasonString}", "A device of this id has a credential in devices.json; it is left alone. Use --no-message.");
                return;
            }
            Done("MQTT login", $"127.0.0.1:{port} lets {device} in");
            var topic = TopicGrammar.Of(TopicKind.Telemetry, device);
            var published = await client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(topic).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                .WithPayload(string.Create(CultureInfo.InvariantCulture, $"{{\"{Metric}\": {number:R}}}")).Build(), stop);
            if (!published.IsSuccess)
            {
                Fail("message on the disk", $"{topic} was refused: {published.ReasonCode} {published.ReasonString}", "The gateway has no room: look at smartcity-gateway spool stat and at the volume.");
                return;
            }
            Done("message on the disk", $"{topic} was acknowledged: it is on the gateway's disk");
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), stop);
        }
        catch (Exception error) when (error is MQTTnet.Exceptions.MqttCommunicationException or SocketException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            Fail(_steps.Any(step => step.Name == "MQTT login") ? "message on the disk" : "MQTT login", $"127.0.0.1:{port}: {error.Message}", "Does the gateway run, and is this its data folder? Its ports stand in ports.json there.");
            return;
        }
        await VisibleAsync(files, device, number, stop);
    }

    private async Task VisibleAsync(UplinkFiles files, string device, double number, CancellationToken stop)
    {
        if (Cloud is not { } cloud)
        {
            _steps.Add(new LinkStep("stored and visible", StepState.Skipped, "not asked: the address of the city's pages is not known; look for the reading there yourself"));
            return;
        }
        var query = $"?device={Uri.EscapeDataString(device)}&metric={Metric}";
        var client = new CityClient(cloud, TimeProvider.System);
        var begin = Stopwatch.GetTimestamp();
        var last = "it is not there";
        try
        {
            while (Stopwatch.GetElapsedTime(begin) < _visibleWithin)
            {
                var self = await client.SelfAsync(Enroller.Roots(files.Authority!), Enroller.Own(files.Certificate!, files.Key!), query, stop);
                if (self.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() >= number)
                {
                    Done("stored and visible", string.Create(CultureInfo.InvariantCulture, $"the city answers with the value {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:0} ms after it was on the disk here"));
                    return;
                }
                await Task.Delay(TimeSpan.FromMilliseconds(250), stop);
            }
        }
        catch (EnrolmentException error)
        {
            last = error.Message;
        }
        Fail("stored and visible", $"after {_visibleWithin.TotalSeconds:0} s the city does not answer with the value: {last}", "It is kept here and goes on. A backlog drains before it (smartcity-gateway spool stat), or the server's store is behind (smartcity doctor at the server).");
    }

    private bool Done(string name, string found)
    {
        _steps.Add(new LinkStep(name, StepState.Done, found));
        return true;
    }

    private bool Fail(string name, string found, string fix)
    {
        _steps.Add(new LinkStep(name, StepState.Failed, found, fix));
        return false;
    }
}
