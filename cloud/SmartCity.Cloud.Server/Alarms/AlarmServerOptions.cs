using System.ComponentModel.DataAnnotations;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>How people are told of alarms.</summary>
public sealed record AlarmServerOptions
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud:Alarms";

    /// <summary>The mail server.</summary>
    public SmtpOptions Smtp { get; set; } = new();
    /// <summary>MQTT broker that channels publish on, e.g. <c>mqtts://city@broker.example:8883</c>; none where empty.</summary>
    public string? MqttAddress { get; set; }
    /// <summary>Its password; it belongs into the environment.</summary>
    public string? MqttPassword { get; set; }
    /// <summary>Address under which operators open this server, for links in messages, e.g. <c>https://city.example:8444</c>; none where empty.</summary>
    [Url] public string? PublicAddress { get; set; }
    /// <summary>Messages that wait at most, 100 to 1,000,000; beyond it the oldest is given up and counted. Default 10,000.</summary>
    [Range(100, 1_000_000)] public int WaitingMax { get; set; } = 10_000;
    /// <summary>A message that could not be sent for so long is given up, 1 min to 7 days. Default 6 h.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")] public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(6);
    /// <summary>A flood begins with more than so many alarms in ten minutes, 1 to 10,000. Default 10.</summary>
    [Range(1, 10_000)] public int FloodBegins { get; set; } = 10;
    /// <summary>Days that closed alarms and their history are kept, 1 to 36,500. Default 400.</summary>
    [Range(1, 36_500)] public int KeepDays { get; set; } = 400;
}

/// <summary>The mail server that e-mail goes by.</summary>
public sealed record SmtpOptions
{
    /// <summary>Its name; none where empty: e-mail is then not sent.</summary>
    public string? Host { get; set; }
    /// <summary>Its port. Default 587.</summary>
    [Range(1, 65_535)] public int Port { get; set; } = 587;
    /// <summary>How it is secured: <c>starttls</c>, <c>tls</c>, or <c>none</c>, which is possible on this machine alone. Default <c>starttls</c>.</summary>
    [AllowedValues("starttls", "tls", "none", ErrorMessage = "one of starttls, tls, none is needed.")] public string Security { get; set; } = "starttls";
    /// <summary>User; none where empty.</summary>
    public string? User { get; set; }
    /// <summary>Password; it belongs into the environment.</summary>
    public string? Password { get; set; }
    /// <summary>Sender. Default <c>alarms@</c> and the server's name.</summary>
    public string? From { get; set; }
}
