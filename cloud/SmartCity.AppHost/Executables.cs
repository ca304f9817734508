using System.Runtime.InteropServices;
using SmartCity.Hosting.Commands;

namespace SmartCity.AppHost;

/// <summary>Finds the city's programs in the build output, of the same configuration as this one.</summary>
internal static class Executables
{
    /// <summary>The <c>dotnet</c> that runs this process.</summary>
    public static string Dotnet { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    /// <summary>The assembly of a project, e.g. <c>edge/SmartCity.Edge.Gateway</c>.</summary>
    /// <exception cref="CommandException">It is not built.</exception>
    public static string Of(string project)
    {
        // …/cloud/SmartCity.AppHost/bin/{configuration}/{framework}/
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent?.Parent?.Parent?.Parent?.Parent ?? throw new CommandException($"{here.FullName} is no build output of a checkout.");
        var file = Path.Combine(root.FullName, project, "bin", here.Parent!.Name, here.Name, Path.GetFileName(project) + ".dll");
        return File.Exists(file) ? file : throw new CommandException($"{file} is not built. Run: dotnet build {Path.Combine(root.FullName, "SmartCity.sln")}");
    }

    /// <summary>A program of the machine, in the path or where Debian keeps servers; null where there is none.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Append("/usr/local/bin")
            .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
