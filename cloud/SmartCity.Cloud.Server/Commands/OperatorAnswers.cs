using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>The server's answers to an operator, from the files of one that does not run. Same members as over HTTP.</summary>
internal static class OperatorAnswers
{
    public static Task<object> Gateways(DurableLog log) =>
        Task.FromResult<object>(new { items = log.Gateways().Where(id => id != Import.LogImporter.Gateway).Select(id => new { gateway = id, connected = false }) });

    /// <exception cref="CommandException">There is no such gateway.</exception>
    public static Task<object> Completeness(DurableLog log, string? gateway) => gateway is null || log.Gateways().Contains(gateway)
        ? Task.FromResult<object>(new { items = OperationsEndpoints.CompletenessOf(log.Completeness(gateway)).ToList() })
        : throw new CommandException(ExitCode.NotFound, $"No gateway {gateway} has ever sent.");

    /// <exception cref="CommandException">There is no such gateway.</exception>
    public static Task<object> Certificates(DurableLog log, string data, string? gateway, DateTimeOffset? from, DateTimeOffset? to)
    {
        if (gateway is not null && !log.Gateways().Contains(gateway)) throw new CommandException(ExitCode.NotFound, $"No gateway {gateway} has ever sent.");
        using var certificates = CompletenessCertificates.Open(data);
        var items = OperationsEndpoints.CertificatesOf(log, certificates, DateTimeOffset.UtcNow, gateway, from is { } begin ? UnixMicros.From(begin) : null, to is { } end ? UnixMicros.From(end) : null);
        return Task.FromResult<object>(new { items });
    }

    public static Task<object> DeadLetters(DurableLog log, int limit) => Task.FromResult<object>(new { items = log.DeadLetters(0, limit).Select(DeadLetterEntry.Of) });

    /// <exception cref="CommandException">There is none of that number.</exception>
    public static Task<object> DeadLetter(DurableLog log, long id) => log.DeadLetters(id - 1, 1) is [var letter] && letter.Id == id
        ? Task.FromResult<object>(DeadLetterEntry.Of(letter))
        : throw new CommandException(ExitCode.NotFound, $"There is no dead letter {id}.");

    /// <exception cref="CommandException">There is none of that number.</exception>
    public static async Task<object> DiscardAsync(DurableLog log, long id) => await log.DiscardDeadLettersAsync(id, CancellationToken.None) > 0
        ? new { }
        : throw new CommandException(ExitCode.NotFound, $"There is no dead letter {id}.");

    /// <exception cref="CommandException">There is none of that number.</exception>
    public static async Task<object> ResubmitAsync(DurableLog log, long id) => await log.ResubmitAsync(id, CancellationToken.None)
        ?? throw new CommandException(ExitCode.NotFound, $"There is no dead letter {id}.");
}
