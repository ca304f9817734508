namespace SmartCity.Cloud.Tolling.Retention;

/// <summary>What the rules of retention erase, each on its own date.</summary>
public enum RetentionClass : byte
{
    /// <summary>References to images in the events of cameras: names and hashes.</summary>
    Images = 1,
    /// <summary>Plates and tags in events, passages, reads, findings and the vehicles of charges.</summary>
    Plates = 2,
    /// <summary>What receipts say.</summary>
    Receipts = 3,
    /// <summary>The vault's keys of months, by which pseudonyms of plates and salts of receipts are made.</summary>
    Keys = 4,
}

/// <summary>One run of one rule.</summary>
/// <param name="Number">From 1; 0 where nothing was done, only looked at.</param>
/// <param name="At">µs since 1970 UTC.</param>
/// <param name="By">Who ran it.</param>
/// <param name="Class">What.</param>
/// <param name="Through">Last business date that it reached; null where no period was old enough.</param>
/// <param name="Erased">How many were erased.</param>
/// <param name="Kept">How many were old enough and kept: unpaid, disputed, or still needed.</param>
public sealed record RetentionRun(int Number, long At, string By, RetentionClass Class, DateOnly? Through, long Erased, long Kept);

/// <summary>How many days after the end of a sealed period something is erased.</summary>
/// <param name="ImagesDays">References to images.</param>
/// <param name="PlatesDays">Plates and tags; at least as many as of images.</param>
/// <param name="KeysDays">Keys of the vault and what receipts say; at least as many as of plates.</param>
public sealed record RetentionRules(int ImagesDays, int PlatesDays, int KeysDays);
