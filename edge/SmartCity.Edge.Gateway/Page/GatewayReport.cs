using SmartCity.Edge.Gateway.Status;
using SmartCity.Edge.Spool;
using SmartCity.Hosting.Files;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>The gateway at one moment, as its page shows it.</summary>
internal sealed record GatewayReport
{
    /// <summary>When it was taken.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>Id of the gateway.</summary>
    public required string Gateway { get; init; }
    /// <summary>Version of the software.</summary>
    public required string Software { get; init; }
    /// <summary>When the process began.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>The link to the cloud.</summary>
    public required LinkReport Cloud { get; init; }
    /// <summary>How long the cloud has not answered on an open link; null where it owes no answer.</summary>
    public TimeSpan? CloudSilent { get; init; }
    /// <summary>The external broker; null where none is consumed.</summary>
    public LinkReport? Broker { get; init; }
    /// <summary>Why messages are left with the broker; null where none are.</summary>
    public string? BrokerRefusal { get; init; }
    /// <summary>Devices that are connected.</summary>
    public int Devices { get; init; }
    /// <summary>How many may be, where others are refused for that; null where none are.</summary>
    public int? ConnectionsFull { get; init; }
    /// <summary>Connections refused for that since the start.</summary>
    public long ConnectionsRefused { get; init; }
    /// <summary>What comes and goes.</summary>
    public Rates Rates { get; init; } = new(0, 0, 0, [], null);
    /// <summary>The lanes, the most urgent first.</summary>
    public IReadOnlyList<LaneStat> Lanes { get; init; } = [];
    /// <summary>Names of the lanes that refuse what is new.</summary>
    public IReadOnlyList<string> FullLanes { get; init; } = [];
    /// <summary>Whether telemetry gives up its oldest at its quota.</summary>
    public bool ExpiresOldest { get; init; }
    /// <summary>Why nothing is taken at all: the volume is full.</summary>
    public string? VolumeFull { get; init; }
    /// <summary>Dead letters, their bytes and their quota.</summary>
    public (long Count, long Bytes, long QuotaBytes) Letters { get; init; }
    /// <summary>Whether they refuse.</summary>
    public bool LettersAreFull { get; init; }
    /// <summary>What operators did with them.</summary>
    public DeadLetterTotals LetterTotals { get; init; }
    /// <summary>Free and all bytes of the volume that holds the data.</summary>
    public (long Free, long All) Disk { get; init; }
    /// <summary>Whether the clock is trusted.</summary>
    public bool ClockTrusted { get; init; } = true;
    /// <summary>What is wrong with the file of credentials.</summary>
    public string? CredentialsTrouble { get; init; }
    /// <summary>Why the certificate, which ends soon, cannot be renewed, or why there is none.</summary>
    public string? IdentityTrouble { get; init; }
    /// <summary>Why the configuration that the city wants is not in force.</summary>
    public string? TwinTrouble { get; init; }
    /// <summary>What the spool found at its opening.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
    /// <summary>How the process ended before this run, where that was without notice and not long ago.</summary>
    public EndBefore? EndBefore { get; init; }
}

/// <summary>A link to the cloud or to a broker.</summary>
/// <param name="Address">Where to.</param>
/// <param name="IsOpen">Whether it is open.</param>
/// <param name="Since">Since when it is so; null before the first attempt has ended.</param>
/// <param name="LastError">Why it was last closed or could not be opened.</param>
/// <param name="Count">Values sent, or messages taken, since the start.</param>
internal sealed record LinkReport(string Address, bool IsOpen, DateTimeOffset? Since, string? LastError, long Count);
