using System.Text;
using SmartCity.Devices.Credentials;
using SmartCity.Edge.Gateway.Listen;

namespace SmartCity.Fuzz.Configuration;

/// <summary>The file of the devices' credentials.</summary>
internal sealed class CredentialsHarness : IHarness
{
    private static readonly string _hash = new PasswordHash(1_000, new byte[16], new byte[32]).ToString();

    public string Name => "credentials";

    public IEnumerable<byte[]> Seeds => new[]
    {
        "{}", $$"""{"devices":[{"id":"d1","password":"{{_hash}}"},{"id":"d2","password":"{{_hash}}"}]}""",
        $$"""{"bridges":[{"user":"b","password":"{{_hash}}","topics":["city/v1/#"]}]}""", """{"devices":[{"id":"","password":null}]}""", """{"devices":null,"bridges":[{}]}""",
    }.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Words => new[] { "\"devices\":[", "\"bridges\":[", "\"id\":", "\"user\":", "\"password\":", "\"topics\":[", "null", "{}", "[]", "//", "\\ud800", _hash }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var set = CredentialSet.Parse(input, "devices.json");
            Must.Hold(set.Count <= input.Length / 10, "more credentials than the file can hold");
        }
        catch (InvalidDataException refused)
        {
            Must.Hold(refused.Message.StartsWith("devices.json", StringComparison.Ordinal) && refused.Message.Length > 30, $"a refusal that says too little: {refused.Message}");
        }
        Must.Allocate(before, (1 << 20) + 1_000L * input.Length, "reading credentials");
    }
}
