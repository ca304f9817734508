using System.Net;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms.Delivery;

/// <summary>E-mail by the city's mail server.</summary>
internal sealed class EmailSender(SmtpOptions options) : IAlarmSender
{
    private const int TimeoutMs = 15_000;

    public AlarmChannelKind Kind => AlarmChannelKind.Email;

    public async Task SendAsync(AlarmChannel channel, AlarmMessage message, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(options.Host)) throw new AlarmSendException($"no mail server is set; set {AlarmServerOptions.Section}:Smtp:Host") { IsForGood = true };
        if (options.Security == "none" && !IsHere(options.Host)) throw new AlarmSendException($"mail is sent without TLS to this machine alone; set {AlarmServerOptions.Section}:Smtp:Security to starttls or tls") { IsForGood = true };
        using var mail = new MimeMessage();
        mail.From.Add(MailboxAddress.Parse(options.From ?? $"alarms@{Dns.GetHostName()}"));
        foreach (var address in channel.Addresses ?? []) mail.To.Add(MailboxAddress.Parse(address));
        // MimeKit encodes what is no plain text and folds lines, so that nothing in a name becomes a header.
        mail.Subject = message.Title;
        mail.MessageId = $"{message.Id}@smartcity";
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        if (message.Priority is "high" or "critical") mail.Priority = MessagePriority.Urgent;
        mail.Body = new TextPart("plain") { Text = message.Text };
        using var client = new SmtpClient { Timeout = TimeoutMs };
        try
        {
            await client.ConnectAsync(options.Host, options.Port, options.Security switch { "tls" => SecureSocketOptions.SslOnConnect, "none" => SecureSocketOptions.None, _ => SecureSocketOptions.StartTls }, cancellationToken);
            if (!string.IsNullOrEmpty(options.User)) await client.AuthenticateAsync(options.User, options.Password ?? "", cancellationToken);
            await client.SendAsync(mail, cancellationToken);
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (SmtpCommandException error)
        {
            // 5xx is the server's last word on this message.
            throw new AlarmSendException($"the mail server refuses: {(int)error.StatusCode} {error.Message}", error) { IsForGood = (int)error.StatusCode >= 500 };
        }
        catch (Exception error) when (error is SocketException or IOException or ProtocolException or SslHandshakeException or AuthenticationException or TimeoutException or NotSupportedException or ServiceNotConnectedException)
        {
            throw new AlarmSendException($"mail server {options.Host}:{options.Port}: {error.Message}", error);
        }
    }

    private static bool IsHere(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
