namespace SmartCity.Tests;

/// <summary>Places in the checkout.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>SmartCity.sln</c>.</summary>
    public static string Root { get; } = Find();

    /// <summary>Recorded real data beside the checkout, or null where it is absent. In CI its absence is a failure.</summary>
    public static string? RecordedData
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable("SMARTCITY_TEST_DATA") ?? Path.GetFullPath(Path.Combine(Root, "..", "shared", "data"));
            if (Directory.Exists(folder)) return folder;
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"CI needs the recorded data at {folder}.");
            return null;
        }
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.sln"))) return folder.FullName;
        throw new InvalidOperationException($"No SmartCity.sln above {AppContext.BaseDirectory}; run the tests from a checkout.");
    }
}
