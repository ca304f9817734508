using System.Data.Common;
using System.Globalization;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Claims, answers and bank files: what people ask of them, and what they do with them, from a page, a program or the console. Each act is written to the audit log before it is done.</summary>
internal sealed class ClaimDesk(ServerOptions options, TollBooks books, TollDesk desk, TollRulesSource rules, AuditLog audit, TimeProvider clock)
{
    /// <summary>Refuses what concerns claims where there can be none.</summary>
    public static async ValueTask<object?> NeedsFileAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.RequestServices.GetRequiredService<TollBooks>().HasClaims ? await next(context)
            : new ProblemAnswer(ProblemKinds.Toll) { Faults = ["Claims, answers and bank files stand beside passages in the data folder: with Cloud:Toll:Passages = postgres there are none."] };

    /// <summary>Asks something of the claims.</summary>
    public T Ask<T>(Func<ClaimBook, T> question)
    {
        using var book = books.OpenClaims(desk.Zone, clock);
        return question(book);
    }

    /// <summary>What issuers owe and were not asked for; empty where no configuration was imported.</summary>
    public IReadOnlyList<ClaimDue> Due() => Configuration is { } configuration ? Ask(book => book.Due(configuration)) : [];

    /// <summary>Makes claims.</summary>
    /// <exception cref="ArgumentException">Why it is not possible.</exception>
    public ClaimsMade Make(HttpContext context, ClaimWish wish)
    {
        if (Configuration is not { } configuration) throw new ArgumentException("No configuration was imported: it names the issuers. Import one with smartcity toll config import.");
        var request = new ClaimRequest(wish.Issuer, wish.From ?? DateOnly.MinValue, wish.To ?? DateOnly.MaxValue, wish.IsEZPass ? ClaimDialect.EZPass : ClaimDialect.Niop, options.Toll.Agency, options.Toll.Hub, wish.SendAgain, wish.At is { } at ? UnixMicros.From(at) : UnixMicros.Now(clock), context.ActorOf().Name);
        if (!wish.DryRun) audit.Write(context.ActorOf(), "toll.claim.make", wish.Issuer.ToString(CultureInfo.InvariantCulture), null, string.Create(CultureInfo.InvariantCulture, $"{request.From:yyyy-MM-dd} to {request.To:yyyy-MM-dd}, {request.Dialect}{(wish.SendAgain ? ", sent again" : "")}"));
        var made = Ask(book => book.Make(request, configuration, wish.DryRun));
        if (!wish.DryRun) Settle();
        return made;
    }

    /// <summary>Takes a file that came in.</summary>
    /// <exception cref="FileRefusedException">Why nothing of it was taken.</exception>
    public TakenFile Take(HttpContext context, string name, ReadOnlyMemory<byte> content, string? wanted, bool isDryRun)
    {
        // Looked at first, so that the log does not say that something was taken which is refused.
        var seen = Ask(book => book.Take(name, content, context.ActorOf().Name, isDryRun: true, wanted));
        if (isDryRun || seen.IsKnown) return seen;
        audit.Write(context.ActorOf(), "toll.file.take", seen.Hash, null, $"{seen.Type} {seen.Name}");
        var taken = Ask(book => book.Take(name, content, context.ActorOf().Name, isDryRun: false, wanted));
        Settle();
        return taken;
    }

    /// <summary>Says which claim a payment is for.</summary>
    /// <returns>What was paid, minor units.</returns>
    /// <exception cref="FileRefusedException">Why it is not possible.</exception>
    public long Match(HttpContext context, string account, string reference, int part, string claim)
    {
        audit.Write(context.ActorOf(), "toll.payment.match", string.Create(CultureInfo.InvariantCulture, $"{account}/{reference}/{part}"), null, claim);
        var paid = Ask(book => book.Match(account, reference, part, claim));
        Settle();
        return paid;
    }

    private TollConfiguration? Configuration => rules.Current?.Configuration;

    /// <summary>Sends what follows to the ledger; one that is down gets it later.</summary>
    private void Settle()
    {
        desk.Forget();
        try
        {
            Ask(book => book.Send(desk.Ledger, options.Toll.Plan));
        }
        catch (Exception error) when (error is DbException or IOException or TimeoutException)
        {
            // It is kept, and the service of tolls sends it when the ledger is there again.
        }
        desk.Forget();
    }
}

/// <summary>What somebody wants to have claimed.</summary>
/// <param name="Issuer">Number of the issuer.</param>
/// <param name="From">First business date; null for the first there is.</param>
/// <param name="To">Last business date; null for the last there is.</param>
/// <param name="IsEZPass">Whether it is written in the manner of E-ZPass rather than of NIOP.</param>
/// <param name="SendAgain">Whether what was refused for faults of systems is sent again.</param>
/// <param name="At">Time that the file carries; null for now.</param>
/// <param name="DryRun">Whether it is only looked at.</param>
internal sealed record ClaimWish(ulong Issuer, DateOnly? From, DateOnly? To, bool IsEZPass, bool SendAgain, DateTimeOffset? At, bool DryRun);
