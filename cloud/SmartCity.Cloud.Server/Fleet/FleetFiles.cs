using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>Where authority and trust lie in the data folder: <c>authority/</c> and <c>fleet/</c>.</summary>
internal static class FleetFiles
{
    /// <summary>Folder of the authority's keys.</summary>
    public static string AuthorityIn(string data) => Path.Combine(data, "authority");
    /// <summary>Folder of what is known of gateways' keys.</summary>
    public static string FleetIn(string data) => Path.Combine(data, "fleet");

    /// <exception cref="InvalidDataException">It cannot be opened; the message says why and what to do.</exception>
    public static CertificateAuthority OpenAuthority(ServerOptions options, TimeProvider clock)
    {
        try
        {
            return CertificateAuthority.Open(AuthorityIn(options.Data), options.Ingest.City ?? FleetOptions.CityUsual, options.Fleet.PassphraseFile, clock);
        }
        catch (AuthorityException error)
        {
            throw new InvalidDataException(error.Message, error);
        }
    }

    public static GatewayTrust OpenTrust(string data, TimeProvider clock) => new(Path.Combine(FleetIn(data), "fleet.db"), clock);

    /// <summary>Desired and reported configurations of gateways.</summary>
    public static TwinStore OpenTwins(string data) => new(Path.Combine(FleetIn(data), "twins.db"));

    /// <summary>After the database, which makes the folder.</summary>
    public static SecretHash OpenSecrets(string data) => SecretHash.Open(Path.Combine(FleetIn(data), "secrets.key"));
}
