namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>What disputes gave back of a charge, all told.</summary>
/// <param name="Refunded">Minor units, above 0 and at most <paramref name="Of"/>.</param>
/// <param name="Of">What the charge was rated at when the last of it was given back.</param>
/// <param name="Dispute">Number of the last dispute that gave something back.</param>
public sealed record GrantedRefund(long Refunded, long Of, int Dispute);
