namespace SmartCity.Cloud.Fleet.Commands;

/// <summary>A command to a device and what became of it.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Request">Request id, unique for the device.</param>
/// <param name="Gateway">Gateway by which it goes.</param>
/// <param name="By">Who gave it.</param>
/// <param name="Payload">What the device gets.</param>
/// <param name="Made">When it was given, µs since 1970 UTC.</param>
/// <param name="Timeout">How long an answer is waited for.</param>
/// <param name="State">What became of it.</param>
/// <param name="Changed">When that was, µs since 1970 UTC; by the gateway's clock where the gateway says it.</param>
/// <param name="Answer">What the device answered, or why the command was refused; null where there is nothing.</param>
public sealed record DeviceCommand(string Device, string Request, string Gateway, string By, byte[] Payload, long Made, TimeSpan Timeout, CommandState State, long Changed, byte[]? Answer = null)
{
    /// <summary>Whether the gateway must still be told of it.</summary>
    public bool IsToBeSent => State is CommandState.Waiting or CommandState.Sent;

    /// <summary>Whether something may still become of it within its time.</summary>
    public bool IsOpen => State is CommandState.Waiting or CommandState.Sent or CommandState.Delivered;
}

/// <summary>What became of a command. The numbers are in the database.</summary>
public enum CommandState
{
    /// <summary>Kept until its gateway is connected.</summary>
    Waiting = 0,
    /// <summary>On its way to the gateway.</summary>
    Sent = 1,
    /// <summary>In the device's session at the gateway.</summary>
    Delivered = 2,
    /// <summary>The device has answered.</summary>
    Answered = 3,
    /// <summary>The device has no session that listens.</summary>
    Unheard = 4,
    /// <summary>The gateway could not take it.</summary>
    Refused = 5,
    /// <summary>No answer came in time; one that comes late is still taken.</summary>
    Expired = 6,
}
