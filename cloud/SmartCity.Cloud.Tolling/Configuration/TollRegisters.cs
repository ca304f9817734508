using SmartCity.Cloud.Tolling.Configuration.Reading;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Plates;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>Who pays: issuers, accounts, tags, plates and exception lists.</summary>
public sealed class TollRegisters
{
    private readonly Dictionary<TagId, AccountTag> _tags;
    private readonly Dictionary<string, AccountPlate> _plates;
    private readonly Dictionary<string, TollAccount> _accounts;
    private readonly Dictionary<ulong, Issuer> _issuers;
    private readonly ILookup<string, ExceptionEntry> _exceptions;

    internal TollRegisters(ConfigParts parts)
    {
        (Issuers, Accounts, Tags, Plates, Exceptions) = (parts.Issuers, parts.Accounts, parts.Tags, parts.Plates, parts.Exceptions);
        _issuers = Issuers.ToDictionary(issuer => issuer.Number);
        _accounts = Accounts.ToDictionary(account => account.Id, StringComparer.Ordinal);
        _tags = Tags.ToDictionary(tag => tag.Tag);
        _plates = Plates.ToDictionary(plate => plate.Plate.Key, StringComparer.Ordinal);
        _exceptions = Exceptions.ToLookup(entry => entry.Subject, StringComparer.Ordinal);
        Knowledge = new CorrelationKnowledge(PlateOf, _plates.ContainsKey, Issuers.Where(issuer => issuer.IsDomestic).Select(issuer => issuer.Number).ToHashSet());
    }

    /// <summary>Issuers.</summary>
    public IReadOnlyList<Issuer> Issuers { get; }
    /// <summary>Accounts.</summary>
    public IReadOnlyList<TollAccount> Accounts { get; }
    /// <summary>Tags.</summary>
    public IReadOnlyList<AccountTag> Tags { get; }
    /// <summary>Plates.</summary>
    public IReadOnlyList<AccountPlate> Plates { get; }
    /// <summary>Exception lists.</summary>
    public IReadOnlyList<ExceptionEntry> Exceptions { get; }

    /// <summary>What correlation has to know of them.</summary>
    public CorrelationKnowledge Knowledge { get; }

    /// <summary>Issuer of a number; null where it is not known.</summary>
    public Issuer? IssuerOf(ulong number) => _issuers.GetValueOrDefault(number);
    /// <summary>Account of an id; null where it is not known.</summary>
    public TollAccount? AccountOf(string id) => _accounts.GetValueOrDefault(id);
    /// <summary>A tag; null where it is not known.</summary>
    public AccountTag? TagOf(TagId tag) => _tags.GetValueOrDefault(tag);
    /// <summary>A plate by its key; null where it is not registered.</summary>
    public AccountPlate? PlateOf(string key) => _plates.GetValueOrDefault(key);
    /// <summary>Rows of the exception lists about <c>tag:…</c> or <c>plate:…</c> at a wall-clock time.</summary>
    public IEnumerable<ExceptionEntry> ExceptionsOf(string subject, DateTime local) => _exceptions[subject].Where(entry => entry.Holds(local));

    private Plate? PlateOf(TagId tag) => _tags.GetValueOrDefault(tag)?.Plate;
}
