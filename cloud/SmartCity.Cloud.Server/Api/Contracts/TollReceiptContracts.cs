namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>The tree over what one batch of a sealed period charged.</summary>
/// <param name="Name">Its name, e.g. <c>3-normal</c>.</param>
/// <param name="Period">Period that the batch was booked in.</param>
/// <param name="Batch"><c>normal</c>, or <c>delayed</c> and <c>rerated</c> for dates of periods that were sealed before.</param>
/// <param name="Size">Leaves: charges that the batch booked something of.</param>
/// <param name="Net">What the batch changed, minor units.</param>
/// <param name="Vat">The same of the tax.</param>
/// <param name="Root">Root over the leaves, SHA-256 in lower-case hexadecimal.</param>
/// <param name="Key">Id of the key that signed it.</param>
/// <param name="At">When it was made.</param>
/// <param name="Checkpoint">The signed checkpoint.</param>
internal sealed record TollReceiptTree(string Name, int Period, string Batch, long Size, long Net, long Vat, string Root, string Key, DateTimeOffset At, string Checkpoint);

/// <summary>The trees of receipts: at most three a sealed period.</summary>
/// <param name="Key">Id of the key that signs now.</param>
/// <param name="Items">The trees, in the order of periods.</param>
internal sealed record TollReceiptTrees(string Key, IReadOnlyList<TollReceiptTree> Items);

/// <summary>A receipt.</summary>
/// <param name="Charge">Charge id.</param>
/// <param name="Tree">Period that its tree is of.</param>
/// <param name="File">What its holder keeps: readable lines, and what was sealed with its proof.</param>
internal sealed record TollReceiptFile(string Charge, string? Tree, string File);

/// <summary>A line of a statement. Minor units; above 0 the account owes more.</summary>
/// <param name="Day">Business date.</param>
/// <param name="Period">Period that it was booked in.</param>
/// <param name="Batch"><c>normal</c>, <c>delayed</c> or <c>rerated</c>.</param>
/// <param name="Code"><c>charge</c>, <c>penalty</c>, <c>topUp</c>, <c>refund</c>, <c>settlement</c>, <c>fee</c>, <c>writeOff</c>, <c>rounding</c> or <c>move</c>.</param>
/// <param name="Charge">Charge id; null where it is about none.</param>
/// <param name="Net">Without tax.</param>
/// <param name="Vat">Tax.</param>
/// <param name="Amount">Both.</param>
internal sealed record TollStatementLine(DateOnly Day, int Period, string Batch, string Code, string? Charge, long Net, long Vat, long Amount);

/// <summary>What an account was charged and paid, from the postings alone. Minor units.</summary>
/// <param name="Account">The account.</param>
/// <param name="From">First business date.</param>
/// <param name="To">Last business date, included.</param>
/// <param name="Opening">What it owed before the first date; below 0 where it had something to its credit.</param>
/// <param name="Closing">What it owes after the last line.</param>
/// <param name="Lines">In the order of booking.</param>
/// <param name="Text">The statement for its holder.</param>
internal sealed record TollStatementView(string Account, DateOnly From, DateOnly To, long Opening, long Closing, IReadOnlyList<TollStatementLine> Lines, string Text);
