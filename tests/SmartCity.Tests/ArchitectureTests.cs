using System.Xml.Linq;

namespace SmartCity.Tests;

/// <summary>The arrows between projects are those of ARCHITECTURE.md and no others.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> _allowed = new()
    {
        ["SmartCity.Protos"] = [],
        ["SmartCity.Model"] = [],
        ["SmartCity.Devices"] = ["SmartCity.Model"],
        ["SmartCity.Mqtt"] = [],
        ["SmartCity.Hosting"] = [],
        ["SmartCity.Durable"] = [],
        ["SmartCity.Edge.Spool"] = ["SmartCity.Durable"],
        ["SmartCity.Edge.Gateway"] = ["SmartCity.Model", "SmartCity.Protos", "SmartCity.Devices", "SmartCity.Mqtt", "SmartCity.Hosting", "SmartCity.Edge.Spool"],
        ["SmartCity.Cloud.Log"] = ["SmartCity.Model", "SmartCity.Durable"],
        ["SmartCity.Cloud.TimeSeries"] = ["SmartCity.Model"],
        ["SmartCity.Cloud.Pipelines"] = ["SmartCity.Model"],
        ["SmartCity.Cloud.Tolling"] = ["SmartCity.Model"],
        ["SmartCity.Cloud.Fleet"] = ["SmartCity.Model", "SmartCity.Devices", "SmartCity.Mqtt", "SmartCity.Hosting"],
        ["SmartCity.Cloud.Identity"] = ["SmartCity.Model"],
        ["SmartCity.Cloud.Dashboards"] = ["SmartCity.Model"],
        ["SmartCity.Cloud.Server"] =
        [
            "SmartCity.Model", "SmartCity.Protos", "SmartCity.Devices", "SmartCity.Hosting", "SmartCity.Durable", "SmartCity.Cloud.Log", "SmartCity.Cloud.TimeSeries",
            "SmartCity.Cloud.Pipelines", "SmartCity.Cloud.Tolling", "SmartCity.Cloud.Fleet", "SmartCity.Cloud.Identity", "SmartCity.Cloud.Dashboards",
        ],
        ["SmartCity.Client"] = [],
        ["SmartCity.FirmwareSim"] = ["SmartCity.Model", "SmartCity.Devices", "SmartCity.Hosting"],
        ["SmartCity.AppHost"] = ["SmartCity.Hosting", "SmartCity.Cloud.Server*", "SmartCity.Edge.Gateway*", "SmartCity.FirmwareSim*"],
    };

    [Fact]
    public void Every_project_references_only_what_the_architecture_allows()
    {
        var wrong = new List<string>();
        foreach (var project in Projects())
        {
            var name = Path.GetFileNameWithoutExtension(project);
            if (!_allowed.TryGetValue(name, out var allowed))
            {
                wrong.Add($"{name} stands in no row of the table; add it to ARCHITECTURE.md and to this test, with an ADR.");
                continue;
            }
            foreach (var reference in XDocument.Load(project).Descendants("ProjectReference"))
            {
                // A star marks build order only: the process is started, its code is not linked.
                var target = Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/'));
                if ((string?)reference.Attribute("ReferenceOutputAssembly") == "false") target += "*";
                if (!allowed.Contains(target)) wrong.Add($"{name} → {target}");
            }
        }
        Assert.True(wrong.Count == 0, "Arrows that the architecture does not have: " + string.Join("; ", wrong));
    }

    [Fact]
    public void Model_uses_nothing_but_the_base_class_library()
    {
        var model = XDocument.Load(Path.Combine(Repository.Root, "protos/SmartCity.Model/SmartCity.Model.csproj"));
        Assert.Empty(model.Descendants("PackageReference"));
        Assert.Empty(model.Descendants("FrameworkReference"));
    }

    private static IEnumerable<string> Projects() =>
        new[] { "protos", "edge", "cloud", "firmware-sim" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories));
}
