using System.ComponentModel.DataAnnotations;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>The toll road's books, section <c>Cloud:Toll</c>.</summary>
public sealed record TollOptions : IValidatableObject
{
    internal const string Files = "files";

    /// <summary>Name of the ledger, 1–64 of <c>A-Za-z0-9._-</c>. It cannot be changed later. Default <c>tolls</c>.</summary>
    [Required] public string Ledger { get; init; } = "tolls";
    /// <summary>Currency of the ledger, ISO 4217. It cannot be changed later. Default <c>IRR</c>.</summary>
    [Required] public string Currency { get; init; } = "IRR";
    /// <summary>Decimal places of its minor unit, 0–9. It cannot be changed later. Default 0.</summary>
    [Range(0, 9)] public int Scale { get; init; }
    /// <summary>How periods are opened: <c>jalali-month</c>, <c>gregorian-month</c>, <c>jalali-half-month</c>, <c>gregorian-half-month</c>, or <c>manual</c>. Default <c>jalali-month</c>.</summary>
    [AllowedValues("jalali-month", "gregorian-month", "jalali-half-month", "gregorian-half-month", "manual", ErrorMessage = "one of jalali-month, gregorian-month, jalali-half-month, gregorian-half-month, manual is needed.")]
    public string Periods { get; init; } = "jalali-month";
    /// <summary>Where events, passages and charges stand: <c>files</c>, in SQLite under the data folder, or <c>postgres</c>, in the database of the ledger. Default <c>files</c>.</summary>
    [AllowedValues(Files, "postgres", ErrorMessage = "one of files, postgres is needed.")]
    public string Passages { get; init; } = Files;
    /// <summary>Number of the toll charger in files to and from partners, four digits. Default <c>0001</c>.</summary>
    [RegularExpression("^[0-9]{4}$", ErrorMessage = "four digits are needed.")] public string Agency { get; init; } = "0001";
    /// <summary>Number of the hub that such files go by, four digits. Default <c>9001</c>.</summary>
    [RegularExpression("^[0-9]{4}$", ErrorMessage = "four digits are needed.")] public string Hub { get; init; } = "9001";
    /// <summary>PostgreSQL that holds the ledger, a connection string without its password. Default: none, the ledger is a file.</summary>
    public string? Postgres { get; init; }
    /// <summary>Password of PostgreSQL.</summary>
    [Secret] public string? PostgresPassword { get; init; }

    /// <summary>How long what names people is kept.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>The plan of periods; null where people open them.</summary>
    public PeriodPlan? Plan => Periods switch
    {
        "jalali-month" => PeriodPlan.JalaliMonth,
        "gregorian-month" => PeriodPlan.GregorianMonth,
        "jalali-half-month" => PeriodPlan.JalaliHalfMonth,
        "gregorian-half-month" => PeriodPlan.GregorianHalfMonth,
        _ => null,
    };

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Passages != Files && Postgres is null) yield return new ValidationResult("PostgreSQL holds the passages only where Cloud:Toll:Postgres names one.", [nameof(Passages)]);
        string? wrong = null;
        try
        {
            new SmartCity.Cloud.Tolling.Ledger.LedgerIdentity(Ledger, Currency, Scale).Validated();
        }
        catch (ArgumentException error)
        {
            wrong = error.Message;
        }
        if (wrong is not null) yield return new ValidationResult(wrong, [nameof(Ledger), nameof(Currency), nameof(Scale)]);
    }
}
