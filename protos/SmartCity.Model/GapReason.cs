namespace SmartCity.Model;

/// <summary>Why numbers of a lane will never come.</summary>
public enum GapReason : byte
{
    /// <summary>The operator's rule <c>expire-oldest</c> gave them up.</summary>
    Expired = 1,
    /// <summary>Their bytes were damaged on the gateway's disk.</summary>
    Corrupt = 2,
    /// <summary>The gateway had released them already (the cloud came back from an older copy).</summary>
    Released = 3,
}
