using System.Diagnostics;

namespace SmartCity.Faults;

/// <summary>Places in the checkout.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>SmartCity.sln</c>.</summary>
    public static string Root { get; } = Find();

    /// <summary>The commit that is checked out, "+" behind it where files differ from it; "?" where git cannot tell.</summary>
    public static string Commit { get; } = Git("rev-parse", "--short=10", "HEAD") is { Length: > 0 } commit ? commit + (Git("status", "--porcelain", "--untracked-files=no", "--", "*.cs", "*.csproj").Length > 0 ? "+" : "") : "?";

    private static string Git(params string[] arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["-C", Root, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var words = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return words.Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.sln"))) return folder.FullName;
        throw new InvalidOperationException($"No SmartCity.sln above {AppContext.BaseDirectory}; run from a checkout.");
    }
}
