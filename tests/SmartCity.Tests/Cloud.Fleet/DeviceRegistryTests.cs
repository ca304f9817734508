using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Server.Registry;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Fleet;

public sealed class DeviceRegistryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_registry_has_the_models_of_the_house_and_every_one_of_them_is_right()
    {
        using var registry = Open();
        Assert.Equal(["air", "bin", "light", "loop", "meter", "noise", "parking", "water", "weather"], registry.Models.Select(model => model.Value.Id));
        Assert.All(registry.Models.SelectMany(model => model.Value.Metrics), metric => Assert.True(metric.Unit is null || Ucum.IsUnit(metric.Unit), metric.Unit));
    }

    [Fact]
    public void What_was_changed_is_there_after_a_restart_with_its_version()
    {
        using (var registry = Open())
        {
            registry.Apply([new(Site: new Site("azadi", "میدان آزادی", "district-9", new DevicePosition(35.6997, 51.338))), new(Device: new RegisteredDevice("air-1", "air", Site: "azadi"))]);
            registry.Apply([new(Device: new RegisteredDevice("air-1", "air", "Azadi west", "azadi"), ExpectedVersion: 1)]);
        }
        using var again = Open();
        Assert.Equal(new Versioned<RegisteredDevice>(new RegisteredDevice("air-1", "air", "Azadi west", "azadi"), 2), again.Device("air-1"));
        Assert.Equal("ug/m3", again.MetricOf(new SeriesKey("air-1", "pm25"))!.Unit);
        Assert.Null(again.MetricOf(new SeriesKey("air-1", "unheard")));
    }

    [Fact]
    public void Changes_are_made_all_or_none_and_each_fault_is_said_with_its_place()
    {
        using var registry = Open();
        var before = registry.Revision;
        var error = Assert.Throws<RegistryException>(() => registry.Apply(
        [
            new(Device: new RegisteredDevice("good"), Place: "f, line 2"), new(Device: new RegisteredDevice("bad id"), Place: "f, line 3"),
            new(Device: new RegisteredDevice("lost", "no-model"), Place: "f, line 4"), new(new DeviceModel("m", "air", null, [new MetricModel("x", "furlong"), new MetricModel("y", Min: 2, Max: 1), new MetricModel("y")]), Place: "f, line 5"),
        ]));
        Assert.Equal(before, registry.Revision);
        Assert.Null(registry.Device("good"));
        foreach (var part in (string[])["line 3: \"bad id\" is no id of a device", "line 4: device lost: there is no model no-model", "\"furlong\" is no UCUM unit", "min 2 is greater than max 1", "metric y stands there 2 times"]) Assert.Contains(part, error.Message);
    }

    [Fact]
    public void A_change_of_what_somebody_else_has_changed_meanwhile_is_refused_as_such()
    {
        using var registry = Open();
        registry.Apply([new(Device: new RegisteredDevice("a"), ExpectedVersion: 0)]);
        registry.Apply([new(Device: new RegisteredDevice("a", Name: "first"), ExpectedVersion: 1)]);
        var error = Assert.Throws<RegistryException>(() => registry.Apply([new(Device: new RegisteredDevice("a", Name: "second"), ExpectedVersion: 1)]));
        Assert.True(error.IsConflict);
        Assert.Equal("first", registry.Device("a")!.Value.Name);
        Assert.True(Assert.Throws<RegistryException>(() => registry.Apply([new(Device: new RegisteredDevice("a"), ExpectedVersion: 0)])).IsConflict);
    }

    [Fact]
    public void Every_form_of_the_file_is_read_again_without_a_difference_and_changes_nothing()
    {
        using var registry = Open();
        registry.Apply(
        [
            new(Site: new Site("s1", "=HYPERLINK(1)", "d1", null)),
            new(Device: new RegisteredDevice("a", "air", "=cmd|'/c calc'!A1", "s1", null, new DevicePosition(35.7, 51.4))), new(Device: new RegisteredDevice("b", Name: "says \"no\", twice", Standing: DeviceStanding.Retired)),
            new(new DeviceModel("m", "air", null, [new MetricModel("x", "Cel", ValueKind.Int64, -40, 85, 0.5, TimeSpan.FromHours(1), TimeSpan.FromSeconds(10))])),
        ]);
        foreach (var text in (string[])[RegistryFile.Json(registry), RegistryFile.Csv(registry), RegistryFile.GeoJson(registry)])
        {
            var result = registry.Apply(RegistryFile.Read(Encoding.UTF8.GetBytes(text), "f"));
            Assert.Equal((0, 0), (result.Added, result.Changed));
            Assert.True(result.Unchanged >= 2);
        }
        Assert.Contains("\"'=cmd|'/c calc'!A1\"".Trim('"'), RegistryFile.Csv(registry));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("id;model\na;b\n", "separated by commas")]
    [InlineData("id,modle\na,b\n", "there is no column \"modle\"")]
    [InlineData("model\nair\n", "the column id is missing")]
    [InlineData("id,lat,lon\na,35.7\n", "line 2: 2 cells, 3 are needed")]
    [InlineData("id,lat,lon\na,35.7,\nb,x,51\n", "line 2: lat and lon are given both or not at all")]
    [InlineData("id,name\na,\"never closed\n", "another that closes it")]
    [InlineData("\uFEFFid\na\n", "byte order mark")]
    [InlineData("{\"devices\":[{\"id\":\"a\",\"modell\":\"x\"}]}", "modell")]
    [InlineData("{\"models\":[{\"id\":\"a\",\"kind\":\"k\",\"metrics\":[{\"name\":\"x\",\"expectedInterval\":\"10\"}]}]}", "\"10\" is no span of time")]
    [InlineData("{\"devices\":[", "line 1")]
    [InlineData("{\"type\":\"FeatureCollection\",\"features\":[{\"properties\":{\"id\":\"a\"},\"geometry\":{\"type\":\"Polygon\"}}]}", "stands at a Point")]
    public void A_file_that_cannot_be_read_is_refused_with_its_place_and_what_is_needed(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<RegistryException>(() => RegistryFile.Read(Encoding.UTF8.GetBytes(text), "devices.csv")).Message);

    [Fact]
    public void Reading_any_bytes_gives_changes_or_a_RegistryException() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            RegistryFile.Read(bytes, "f");
        }
        catch (RegistryException)
        {
            // With words; anything else fails the test.
        }
    });

    [Theory]
    [InlineData("Cel")]
    [InlineData("ug/m3")]
    [InlineData("km/h")]
    [InlineData("m3/s")]
    [InlineData("kW.h")]
    [InlineData("/min")]
    [InlineData("1")]
    [InlineData("%")]
    [InlineData("10*3/ul")]
    [InlineData("dB[SPL]")]
    [InlineData("{vehicles}/min")]
    [InlineData("(m/s)/s")]
    [InlineData("s-1")]
    [InlineData("[degF]")]
    public void Units_of_UCUM_are_known(string unit) => Assert.True(Ucum.IsUnit(unit));

    [Theory]
    [InlineData("")]
    [InlineData("°C")]
    [InlineData("furlong")]
    [InlineData("m//s")]
    [InlineData("(m")]
    [InlineData("m)")]
    [InlineData("{open")]
    [InlineData("k")]
    [InlineData("mmin")]
    [InlineData("µg/m³")]
    public void Other_texts_are_none(string text) => Assert.False(Ucum.IsUnit(text));

    [Fact]
    public void No_text_makes_the_grammar_of_units_throw() => Gen.String[0, 70].Sample(text => Ucum.IsUnit(text) || true);

    private SqliteDeviceRegistry Open() => new(_folder["registry/registry.db"], _clock);
}
