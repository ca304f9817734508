namespace SmartCity.Faults;

/// <summary>Places in the checkout.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>SmartCity.sln</c>.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.sln"))) return folder.FullName;
        throw new InvalidOperationException($"No SmartCity.sln above {AppContext.BaseDirectory}; run from a checkout.");
    }
}
