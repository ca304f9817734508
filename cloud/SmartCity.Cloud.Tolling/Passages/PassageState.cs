namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>What correlation makes of a vehicle. Exemption and voiding are decided later and by others.</summary>
public enum PassageState : byte
{
    /// <summary>It can be rated.</summary>
    Billable = 1,
    /// <summary>A human has to look, see <see cref="ReviewReasons"/>.</summary>
    Review = 2,
    /// <summary>Nothing says whose it was.</summary>
    Unreadable = 3,
    /// <summary>The same vehicle stands in another passage, which is charged.</summary>
    Duplicate = 4,
}

/// <summary>Why a human has to look at a passage; flags add up.</summary>
[Flags]
public enum ReviewReasons : byte
{
    /// <summary>No reason.</summary>
    None = 0,
    /// <summary>Its time is not to be believed; nothing was attached.</summary>
    TimeSuspect = 1,
    /// <summary>Only the plate identifies it, and that is not sure.</summary>
    Plate = 2,
    /// <summary>Declared and measured class differ, or there is none.</summary>
    Class = 4,
    /// <summary>The plate seen is not that of the tag's account.</summary>
    TagPlateMismatch = 8,
    /// <summary>Its tag was seen on another vehicle shortly before.</summary>
    TagOnOtherVehicle = 16,
}

/// <summary>What a plate is worth.</summary>
public enum PlateState : byte
{
    /// <summary>No camera saw the vehicle.</summary>
    None = 0,
    /// <summary>Accepted.</summary>
    Confirmed = 1,
    /// <summary>A human has to look.</summary>
    Review = 2,
    /// <summary>Seen, but no candidate is a plate.</summary>
    Unreadable = 3,
}

/// <summary>How good the evidence of a passage is.</summary>
public enum EvidenceGrade : byte
{
    /// <summary>Two independent identifications agree: tag and plate, or front and rear plate.</summary>
    A = 1,
    /// <summary>One sure identification, or a plate corrected within what cameras confuse and the tag agreeing.</summary>
    B = 2,
    /// <summary>Identified, but from the neighbour's lane, by the gateway's clock, or against other evidence.</summary>
    C = 3,
    /// <summary>Not identified, or not surely.</summary>
    D = 4,
}

/// <summary>Which class is charged, and why.</summary>
public enum ClassRule : byte
{
    /// <summary>No class is known.</summary>
    Unknown = 0,
    /// <summary>The declared one; the measured agrees.</summary>
    Agreed = 1,
    /// <summary>The declared one; none was measured.</summary>
    DeclaredOnly = 2,
    /// <summary>The measured one; none was declared.</summary>
    MeasuredOnly = 3,
    /// <summary>The measured one against the declared, on evidence of grade A.</summary>
    MeasuredOverDeclared = 4,
    /// <summary>They differ and the evidence does not decide.</summary>
    Review = 5,
}

/// <summary>What is known of an event's time.</summary>
public enum ClockVerdict : byte
{
    /// <summary>The device's time stands.</summary>
    Device = 1,
    /// <summary>The gateway's time stands in.</summary>
    Gateway = 2,
    /// <summary>Neither is to be believed; sorted by the gateway's.</summary>
    Suspect = 3,
}
