using System.Net;
using System.Text;
using SmartCity.Devices;
using SmartCity.Devices.Mappings;
using SmartCity.Devices.Topics;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Listen;

/// <summary>
/// Who may connect and for whom it may speak. On loopback an id without a credential may connect anonymously; elsewhere the user name is the device
/// id with its password, or the certificate's common name. A device reads only its own commands, and of a mapping's topics those that name it.
/// </summary>
/// <remarks>A session belongs to whoever opened it: a client id is no secret, and behind another's are its subscriptions and what waits for them.</remarks>
/// <param name="credentials">Credentials.</param>
/// <param name="mappings">Topics of other systems that devices may use; none if null.</param>
internal sealed class DeviceAuthenticator(DeviceCredentials credentials, MappingSet? mappings = null) : IMqttAuthenticator
{
    private volatile MappingSet _mappings = mappings ?? MappingSet.None;

    /// <summary>Puts other mappings in force, from the next question on.</summary>
    public void Use(MappingSet others) => _mappings = others;

    /// <inheritdoc/>
    public async ValueTask<MqttVerdict> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken)
    {
        var known = credentials.Current;
        if (request.UserName is { } user)
        {
            if (known.Find(user) is not { } credential) return MqttVerdict.BadUserNameOrPassword($"there is no credential for {user} in {credentials.File}");
            // Hashing is slow on purpose; it must not hold up the sockets' thread.
            var password = request.Password ?? default;
            if (!await Task.Run(() => credential.Fits(password.Span), cancellationToken).ConfigureAwait(false)) return MqttVerdict.BadUserNameOrPassword($"the password of {user} does not fit");
            // Nobody may hold a session under an id that somebody else has a password for.
            if (request.ClientId != user && !request.IsClientIdAssigned && known.Find(request.ClientId) is not null)
                return MqttVerdict.NotAuthorized($"the client id {request.ClientId} has a credential of its own, and {user} came with another; use {user} as client id");
            if (credential.Topics is null) return AsDevice(user, request);
            return request.WillTopic is { } will && !credential.MayPublishTo(will)
                ? MqttVerdict.NotAuthorized($"the Will topic {will} is not on the allow-list of the bridge {user}")
                : MqttVerdict.Accept(new DeviceConnection(credential.MayPublishTo), user);
        }
        if (request.ClientCertificate is { } certificate)
        {
            var name = certificate.GetNameInfo(System.Security.Cryptography.X509Certificates.X509NameType.SimpleName, false);
            return request.IsClientIdAssigned || request.ClientId == name ? AsDevice(name, request)
                : MqttVerdict.NotAuthorized($"the client id is {request.ClientId} and the common name of the certificate {name}; they must be the same, or the client id empty");
        }
        if (request.IsSecure || request.Remote is not IPEndPoint { Address: var address } || !IPAddress.IsLoopback(address))
            return MqttVerdict.BadUserNameOrPassword("a user name and password, or a certificate, is needed here");
        return known.Find(request.ClientId) is not null
            ? MqttVerdict.BadUserNameOrPassword($"{request.ClientId} has a credential and needs its password")
            : AsDevice(request.ClientId, request);
    }

    /// <inheritdoc/>
    public bool MaySubscribe(MqttPeer peer, string filter)
    {
        if (peer.State is not DeviceConnection connection) return false;
        if (connection.Device is not { } device) return connection.MaySubscribeTo(filter);
        return TopicGrammar.IsOwnCommandFilter(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(device)) || IsOwn(filter, device);
    }

    /// <summary>Whether a mapping's topic, or every topic of a filter, is of that device.</summary>
    private bool IsOwn(string topic, string device) => _mappings.Forwards(Encoding.UTF8.GetBytes(topic), out var named) && named == device;

    private MqttVerdict AsDevice(string device, MqttConnectRequest request)
    {
        if (!DeviceId.IsValid(Encoding.UTF8.GetBytes(device)))
            return MqttVerdict.ClientIdInvalid($"a device id is 1–{DeviceId.LengthMax} of A-Za-z0-9 . _ : - and %XX");
        if (request.WillTopic is { } will && will != TopicGrammar.Of(TopicKind.Status, device) && !IsOwn(will, device))
            return MqttVerdict.NotAuthorized($"the Will topic of {device} is {TopicGrammar.Of(TopicKind.Status, device)}");
        return MqttVerdict.Accept(new DeviceConnection(device), device);
    }
}
