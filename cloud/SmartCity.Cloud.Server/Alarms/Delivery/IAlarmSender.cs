using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms.Delivery;

/// <summary>Sends messages by one kind of channel. At least once: what was sent and not confirmed is sent again, under the same id.</summary>
internal interface IAlarmSender
{
    /// <summary>Which kind.</summary>
    AlarmChannelKind Kind { get; }

    /// <summary>Sends one; it is delivered when this returns.</summary>
    /// <exception cref="AlarmSendException">It is not; whether trying again may help, it says.</exception>
    Task SendAsync(AlarmChannel channel, AlarmMessage message, CancellationToken cancellationToken);
}

/// <summary>A message could not be sent.</summary>
internal sealed class AlarmSendException : Exception
{
    public AlarmSendException() { }
    public AlarmSendException(string message) : base(message) { }
    public AlarmSendException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Whether the other side refuses it for good.</summary>
    public bool IsForGood { get; init; }
}
