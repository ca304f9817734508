namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>What a receipt says of a passage beside its amounts, which come from the ledger.</summary>
/// <param name="Time">When it passed, in the corridor's zone.</param>
/// <param name="TollPoint">Where.</param>
/// <param name="VehicleClass">Class charged; null where none is known.</param>
/// <param name="Tariff">Tariff and version; null where none rated it.</param>
public sealed record ReceiptSubject(DateTimeOffset Time, string TollPoint, string? VehicleClass, string? Tariff);
