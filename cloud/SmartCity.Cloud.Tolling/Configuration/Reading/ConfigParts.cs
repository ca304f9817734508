namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>What was read, before and after it is checked together.</summary>
internal sealed class ConfigParts
{
    public List<Corridor> Corridors { get; init; } = [];
    public List<TollCalendar> Calendars { get; init; } = [];
    public List<Tariff> Tariffs { get; init; } = [];
    public List<PenaltyPolicy> PenaltyPolicies { get; init; } = [];
    public List<Issuer> Issuers { get; init; } = [];
    public List<TollAccount> Accounts { get; init; } = [];
    public List<AccountTag> Tags { get; init; } = [];
    public List<AccountPlate> Plates { get; init; } = [];
    public List<ExceptionEntry> Exceptions { get; init; } = [];
}
