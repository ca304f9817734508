using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>States, priorities and changes as the API names them.</summary>
internal static class AlarmWords
{
    public static IReadOnlyDictionary<string, AlarmState> States { get; } = Named<AlarmState>();
    public static IReadOnlyDictionary<string, AlarmPriority> Priorities { get; } = Named<AlarmPriority>();

    public static string Of<T>(T value) where T : struct, Enum
    {
        var name = value.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static Dictionary<string, T> Named<T>() where T : struct, Enum => Enum.GetValues<T>().ToDictionary(Of, StringComparer.Ordinal);
}
