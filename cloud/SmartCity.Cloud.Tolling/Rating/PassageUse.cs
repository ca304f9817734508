using System.Globalization;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>A passage or trip as a use, with who pays for it.</summary>
/// <param name="Use">What is rated; null where there is no class to charge.</param>
/// <param name="Payer">Who pays, where no exemption partner does: see <see cref="TollCharge.Partner"/>.</param>
public sealed record PassageUse(TollUse? Use, Payer Payer)
{
    /// <summary>Payment means of a use that a tag identifies.</summary>
    public const string Tag = "tag";
    /// <summary>Payment means of a use that only a plate identifies.</summary>
    public const string Plate = "plate";

    /// <summary>
    /// A passage of an open point. A tag that no exception list blocks pays first, then the account of the plate. Exemption and plan are those of the account at the time of
    /// the passage, unless a list gives the tag or plate another. Pure.
    /// </summary>
    /// <param name="passage">Passage, in any state: whether it is charged is for the caller.</param>
    /// <param name="configuration">Configuration.</param>
    public static PassageUse Of(Passage passage, TollConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(passage);
        ArgumentNullException.ThrowIfNull(configuration);
        return Of(passage, passage.Id, null, configuration);
    }

    /// <summary>A trip with an exit. One without an entry has the fault <see cref="RatingFault.EntryMissing"/> where the tariff is by entry and exit.</summary>
    /// <param name="trip">Trip; its <see cref="Trip.Exit"/> is known.</param>
    /// <param name="configuration">Configuration.</param>
    /// <exception cref="ArgumentException">The trip has no exit.</exception>
    public static PassageUse Of(Trip trip, TollConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(trip);
        ArgumentNullException.ThrowIfNull(configuration);
        return trip.Exit is { } exit ? Of(exit, trip.Id, trip.Entry?.TollPoint, configuration) : throw new ArgumentException("A trip without an exit has no price yet.");
    }

    private static PassageUse Of(Passage passage, string id, string? entry, TollConfiguration configuration)
    {
        var registers = configuration.Registers;
        var local = (configuration.CorridorOf(passage.TollPoint) is { } corridor ? configuration.LocalOf(corridor, passage.Time) : null) ?? default;
        var (byTag, byPlate) = (Rows(passage.Tag is { } tag ? $"tag:{tag}" : null), Rows(PlateOf(passage) is { } key ? "plate:" + key : null));
        var (payer, account, means) = Find();
        var code = (ExceptionKind kind) => byTag.Concat(byPlate).FirstOrDefault(row => row.Kind == kind)?.Code;
        var use = passage.ClassCharged is null ? null
            : new TollUse(id, passage.Vehicle, passage.Time, passage.TollPoint, passage.ClassCharged, entry, null, means, code(ExceptionKind.Discount) ?? account?.PlanAt(local), code(ExceptionKind.Exempt) ?? account?.Exemption);
        return new PassageUse(use, payer);

        List<ExceptionEntry> Rows(string? subject) => subject is null ? [] : [.. registers.ExceptionsOf(subject, local)];

        (Payer, TollAccount?, string?) Find()
        {
            if (passage.Tag is { } read && !byTag.Exists(row => row.Kind == ExceptionKind.Block))
            {
                if (registers.TagOf(read)?.Account is { } own && registers.AccountOf(own) is { } tagged) return (OfAccount(tagged), tagged, Tag);
                if (registers.IssuerOf(read.Issuer) is { IsDomestic: false } issuer)
                    return (Payer.OfIssuer(issuer), null, Tag);
            }
            if (PlateOf(passage) is not { } plate) return (Payer.Unknown, null, null);
            if (!byPlate.Exists(row => row.Kind == ExceptionKind.Block) && registers.PlateOf(plate)?.Account is { } kept && registers.AccountOf(kept) is { } plated) return (OfAccount(plated), plated, Plate);
            return (new Payer(PayerKind.Plate, plate, null), null, Plate);
        }
    }

    private static Payer OfAccount(TollAccount account) => new(PayerKind.Account, account.Id, account.LedgerAccount);

    private static string? PlateOf(Passage passage) => passage.PlateState == PlateState.Confirmed && passage.Plate is not null ? passage.Plate.Key : passage.TagPlate?.Key;
}
