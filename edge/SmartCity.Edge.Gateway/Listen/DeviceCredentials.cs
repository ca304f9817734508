using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Devices;
using SmartCity.Devices.Credentials;
using SmartCity.Devices.Twins;

namespace SmartCity.Edge.Gateway.Listen;

/// <summary>
/// The credentials of <c>devices.json</c>, read again when the file changes. A file that cannot be used is said and the credentials before it stay.
/// </summary>
internal sealed class DeviceCredentials
{
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock;
    private readonly Action<string>? _complain;
    private readonly Lock _gate = new();
    private CredentialSet _current = CredentialSet.Empty;
    private CredentialSet _ofFile = CredentialSet.Empty;
    private CredentialSet _ofCity = CredentialSet.Empty;
    private DateTime _readAs;
    private long _lookedAt;

    /// <param name="file">The file; it need not exist.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="complain">Told of a file that cannot be used.</param>
    /// <exception cref="InvalidDataException">It exists and cannot be used at the start.</exception>
    public DeviceCredentials(string file, TimeProvider clock, Action<string>? complain = null)
    {
        (File, _clock) = (file, clock);
        Read();
        _complain = complain;
        _lookedAt = clock.GetTimestamp();
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>What is wrong with the file as it is now; null where nothing is.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The credentials in force.</summary>
    public CredentialSet Current
    {
        get
        {
            lock (_gate)
            {
                if (_clock.GetElapsedTime(_lookedAt) < _lookEvery) return _current;
                _lookedAt = _clock.GetTimestamp();
                try
                {
                    Read();
                    Trouble = null;
                }
                catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    if (Trouble != error.Message) _complain?.Invoke(error.Message);
                    Trouble = error.Message;
                }
                return _current;
            }
        }
    }

    /// <summary>Takes the credentials of the city's desired configuration; one of the file stands before one of the same name.</summary>
    public void Use(CredentialSet ofCity)
    {
        lock (_gate) (_ofCity, _current) = (ofCity, _ofFile.Over(ofCity));
    }

    /// <summary>Whether the file has a credential of that name.</summary>
    public bool HasOwn(string user)
    {
        _ = Current;
        lock (_gate) return _ofFile.Find(user) is not null;
    }

    private void Read()
    {
        if (Directory.Exists(File)) throw new InvalidDataException($"{File} is a folder; a file of credentials is needed there, or none.");
        var written = System.IO.File.GetLastWriteTimeUtc(File);
        if (written == _readAs) return;
        _ofFile = System.IO.File.Exists(File) ? CredentialSet.Parse(System.IO.File.ReadAllBytes(File), File) : CredentialSet.Empty;
        _current = _ofFile.Over(_ofCity);
        _readAs = written;
    }
}

/// <summary>Credentials by user name.</summary>
internal sealed class CredentialSet
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip };
    private readonly Dictionary<string, Credential> _credentials = new(StringComparer.Ordinal);

    public static CredentialSet Empty { get; } = new();

    public Credential? Find(string user) => _credentials.GetValueOrDefault(user);

    public int Count => _credentials.Count;

    /// <summary>Reads <c>{"devices": [{"id": …, "password": hash}], "bridges": [{"user": …, "password": hash, "topics": [filter, …]}]}</c>.</summary>
    /// <exception cref="InvalidDataException">It cannot be used; the message says where and why.</exception>
    public static CredentialSet Parse(ReadOnlySpan<byte> json, string file)
    {
        FileShape? shape;
        try
        {
            shape = JsonSerializer.Deserialize<FileShape>(json, _json);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{file}, line {error.LineNumber + 1}: {error.Message} Correct it; the credentials before it stay in force.", error);
        }
        var set = new CredentialSet();
        foreach (var (device, i) in (shape?.Devices ?? []).Select((device, i) => (device, i))) set.Add(device?.Id, device?.Password, null, $"{file}, devices[{i}]");
        foreach (var (bridge, i) in (shape?.Bridges ?? []).Select((bridge, i) => (bridge, i))) set.Add(bridge?.User, bridge?.Password, bridge?.Topics ?? [], $"{file}, bridges[{i}]");
        return set;
    }

    /// <summary>Those of a desired configuration.</summary>
    public static CredentialSet Of(IEnumerable<TwinCredential> credentials)
    {
        var set = new CredentialSet();
        foreach (var one in credentials) set._credentials[one.User] = new Credential(one.Password, one.Topics);
        return set;
    }

    /// <summary>These and those of another set that have no namesake here.</summary>
    public CredentialSet Over(CredentialSet other)
    {
        if (other._credentials.Count == 0) return this;
        var set = new CredentialSet();
        foreach (var (user, credential) in other._credentials.Concat(_credentials)) set._credentials[user] = credential;
        return set;
    }

    private void Add(string? user, string? password, IReadOnlyList<string>? topics, string place)
    {
        if (user is null || !DeviceId.IsValid(Encoding.UTF8.GetBytes(user))) throw new InvalidDataException($"{place}: \"{user}\" is no id; 1–{DeviceId.LengthMax} of A-Za-z0-9 . _ : - are needed.");
        if (PasswordHash.TryParse(password) is not { } hash) throw new InvalidDataException($"{place}: the password is no hash; make one with: smartcity-gateway password");
        if (!_credentials.TryAdd(user, new Credential(hash, topics))) throw new InvalidDataException($"{place}: {user} stands here twice.");
    }

    private sealed record FileShape(IReadOnlyList<DeviceShape?>? Devices, IReadOnlyList<BridgeShape?>? Bridges);

    private sealed record DeviceShape(string? Id, string? Password);

    private sealed record BridgeShape(string? User, string? Password, IReadOnlyList<string>? Topics);
}

/// <summary>A password's hash and, for a bridge, the topic filters it may publish and subscribe to.</summary>
internal sealed record Credential(PasswordHash Hash, IReadOnlyList<string>? Topics)
{
    public bool Fits(ReadOnlySpan<byte> password) => Hash.Fits(password);

    public bool MayPublishTo(string topic) => Topics?.Any(filter => TopicFilter.Matches(filter, topic)) ?? false;
}

/// <summary>MQTT's topic filters.</summary>
internal static class TopicFilter
{
    /// <summary>Whether a topic, or every topic of another filter, is within <paramref name="filter"/>.</summary>
    public static bool Matches(string filter, string topic)
    {
        var (wanted, given) = (filter.Split('/'), topic.Split('/'));
        for (var i = 0; i < wanted.Length; i++)
        {
            if (wanted[i] == "#") return true;
            if (i >= given.Length || given[i] == "#") return false;
            if (wanted[i] != "+" && wanted[i] != given[i]) return false;
        }
        return wanted.Length == given.Length;
    }
}
