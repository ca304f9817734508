namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>What is to be claimed.</summary>
/// <param name="Issuer">Number of the issuer, 1–9999.</param>
/// <param name="From">First business date.</param>
/// <param name="To">Last business date, included.</param>
/// <param name="Dialect">How the issuer's files are written.</param>
/// <param name="Agency">Our own number, four digits.</param>
/// <param name="Hub">Number of the hub, four digits.</param>
/// <param name="SendAgain">Whether what the issuer refused for a fault of systems or format is sent again, at most <see cref="ClaimBook.ResubmitsMax"/> times.</param>
/// <param name="Made">Time that the files carry, µs since 1970 UTC; cut to whole seconds, and later than the issuer's claim before.</param>
/// <param name="By">Who makes it.</param>
public sealed record ClaimRequest(ulong Issuer, DateOnly From, DateOnly To, ClaimDialect Dialect, string Agency, string Hub, bool SendAgain, long Made, string By);

/// <summary>What a request came to.</summary>
/// <param name="Claims">Claims made: of what is new, and of what changed; empty where there is nothing to claim.</param>
/// <param name="Left">Charges that the files of the issuer cannot carry.</param>
/// <param name="Waiting">Charges that are on their way to the ledger; they are claimed later.</param>
public sealed record ClaimsMade(IReadOnlyList<Claim> Claims, IReadOnlyList<ClaimLeft> Left, long Waiting);

/// <summary>A charge that cannot be claimed.</summary>
/// <param name="Passage">Passage id.</param>
/// <param name="Reason">Why.</param>
public sealed record ClaimLeft(string Passage, string Reason);

/// <summary>What an issuer owes and was not asked for.</summary>
/// <param name="Issuer">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Charges">Charges that were never claimed.</param>
/// <param name="Amount">What they come to, minor units.</param>
/// <param name="From">First business date of them; null where there are none.</param>
/// <param name="To">Last business date of them.</param>
public sealed record ClaimDue(ulong Issuer, string Name, long Charges, long Amount, DateOnly? From, DateOnly? To);
