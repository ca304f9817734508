using Google.Protobuf;
using Grpc.Core;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Live;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>The gRPC service: who calls is in the certificate; one stream a gateway.</summary>
internal sealed class UplinkEndpoint(
    DurableLog log, IngestOptions options, GatewayDirectory directory, GatewaySenders senders, IngestCounters counters, GatewayTrust trust, IServiceProvider services, TimeProvider clock,
    IHostApplicationLifetime lifetime, ILogger<UplinkEndpoint> logger) : UplinkService.UplinkServiceBase
{
    private static readonly TimeSpan _streamMax = TimeSpan.FromDays(40);
    private readonly ILiveTap? _tap = services.GetService<ILiveTap>();
    private readonly IUplinkCommands? _commands = services.GetService<IUplinkCommands>();
    private readonly IUplinkTwins? _twins = services.GetService<IUplinkTwins>();

    public override async Task Uplink(IAsyncStreamReader<UplinkRequest> requestStream, IServerStreamWriter<UplinkResponse> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var identity = GatewayTls.IdentityOf(http) ?? throw new RpcException(new Grpc.Core.Status(StatusCode.PermissionDenied, "No gateway certificate."));
        var gateway = identity.Gateway;
        // The connection may be older than what has happened to its key.
        if (trust.Refusal(gateway, identity.KeyHash) is { } revoked) throw new RpcException(new Grpc.Core.Status(StatusCode.PermissionDenied, $"E-UPLINK-REVOKED: {revoked}."));
        using var over = new CancellationTokenSource(Left(identity), clock);
        using var stream = new UplinkStream(gateway, log, options, directory, counters, _tap, new CatalogueNames(log.Series), clock, logger, _commands, _twins);
        // Before the turn is taken: a stream that is refused must not end the one that is not.
        var hello = await GreetAsync(stream, gateway, (long)http.Items[typeof(GatewaySenders)]!, requestStream, responseStream, context.CancellationToken);
        var turn = await directory.TakeOverAsync(gateway, context.CancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, turn.Replaced.Token, over.Token, lifetime.ApplicationStopping);
        using var line = new UplinkLine(responseStream);
        var reason = "the gateway ended it";
        string? refused = null;
        try
        {
            await stream.RunAsync(hello, requestStream, line, http.Connection.RemoteIpAddress?.ToString(), ending.Token);
        }
        catch (UplinkRefusal refusal)
        {
            reason = refused = $"{refusal.Code}: {refusal.Message}";
            throw await RefuseAsync(gateway, refusal, responseStream, context.CancellationToken);
        }
        catch (LogBrokenException)
        {
            reason = "the log failed";
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "The cloud's log failed; keep the data and try later."));
        }
        catch (Exception) when (turn.Replaced.IsCancellationRequested)
        {
            reason = "a newer stream of the same gateway took its place";
            throw new RpcException(new Grpc.Core.Status(StatusCode.Aborted, "A newer stream of this gateway took the place of this one."));
        }
        catch (Exception) when (over.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            reason = "its certificate has ended";
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "The certificate of this stream has ended; connect again with the renewed one."));
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            reason = "the server is stopping";
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "The server is stopping; connect again."));
        }
        catch (InvalidProtocolBufferException)
        {
            reason = "it sent what is no message of this protocol";
            throw new RpcException(new Grpc.Core.Status(StatusCode.Internal, "What was sent is no message of this protocol."));
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            reason = "the link was lost";
            throw new RpcException(new Grpc.Core.Status(StatusCode.Cancelled, "The link was lost."));
        }
        finally
        {
            _commands?.Closed(gateway, line);
            _twins?.Closed(gateway, line);
            directory.End(gateway, turn);
            directory.Update(gateway, clock.GetUtcNow(), state => state with { Connected = directory.IsOpen(gateway), Since = clock.GetUtcNow(), Refusal = refused });
            logger.Closed(gateway, reason);
        }
    }

    /// <summary>How long the certificate of a stream holds; timers know no more than some weeks, after which nothing is lost by connecting again.</summary>
    private TimeSpan Left(GatewayIdentity identity)
    {
        var left = identity.NotAfter - clock.GetUtcNow();
        return left <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : left > _streamMax ? _streamMax : left;
    }

    private async Task<Hello> GreetAsync(
        UplinkStream stream, string gateway, long openedAt, IAsyncStreamReader<UplinkRequest> requests, IServerStreamWriter<UplinkResponse> responses, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            var hello = await stream.GreetAsync(requests, ending.Token);
            await senders.AcceptAsync(gateway, hello.Incarnation, openedAt, ending.Token);
            return hello;
        }
        catch (UplinkRefusal refusal)
        {
            directory.Update(gateway, clock.GetUtcNow(), state => state with { Refusal = $"{refusal.Code}: {refusal.Message}" });
            throw await RefuseAsync(gateway, refusal, responses, cancellationToken);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Internal, "The greeting is no message of this protocol."));
        }
        catch (Exception error) when (error is LogBrokenException or IOException or OperationCanceledException or InvalidOperationException)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "The greeting could not be taken; connect again."));
        }
    }

    /// <summary>Counts, logs and tells a refusal.</summary>
    /// <returns>What ends the call.</returns>
    private async Task<RpcException> RefuseAsync(string gateway, UplinkRefusal refusal, IServerStreamWriter<UplinkResponse> responses, CancellationToken cancellationToken)
    {
        counters.RefuseStream();
        if (refusal.Code == "E-UPLINK-CLONE")
        {
            logger.Cloned(gateway, refusal.Message);
            directory.Update(gateway, clock.GetUtcNow(), state => state with { Copy = $"{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {refusal.Message}" });
        }
        else logger.Refused(gateway, refusal.Code, refusal.Message);
        await TellAsync(responses, refusal, cancellationToken);
        return new RpcException(new Grpc.Core.Status(refusal.Status, $"{refusal.Code}: {refusal.Message}"));
    }

    private static async Task TellAsync(IServerStreamWriter<UplinkResponse> responses, UplinkRefusal refusal, CancellationToken cancellationToken)
    {
        try
        {
            await responses.WriteAsync(new UplinkResponse { Rejected = refusal.ToMessage() }, cancellationToken);
        }
        catch (Exception error) when (error is OperationCanceledException or InvalidOperationException or IOException)
        {
            // The link is gone; the reason stands in our own log.
        }
    }
}
