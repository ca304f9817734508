using System.Globalization;
using System.Text;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Makes plates: each vehicle's number, mixed over the numbers that there are, so that no two vehicles have the same one.</summary>
/// <param name="seed">Where the numbers begin.</param>
internal sealed class PlateWorks(int seed)
{
    /// <summary>Vehicles that can have a plate of their own: the serials and regions of one letter.</summary>
    public const int VehiclesMax = SerialsOfLetter * Regions;

    /// <summary>Historic plates that there are.</summary>
    public const int HistoricMax = 100_000;

    private const int SerialsOfLetter = 9 * 9 * 9 * 9 * 9;
    private const int Regions = 83;

    /// <summary>Coprime to all the counts that it steps through, so that it meets each number once.</summary>
    private const ulong Step = 15_485_863;

    private static readonly int[] _regions = [.. Enumerable.Range(10, 90).Where(code => code is not (39 or 50 or 54 or 60 or 70 or 80 or 90))];
    private static readonly string[] _private = ["ب", "ج", "د", "س", "ص", "ط", "ق", "ل", "م", "ن", "و", "ه", "ی"];
    private static readonly string[] _countries = ["TR", "IQ", "AZ", "AM", "TM", "AF"];

    private readonly ulong _start = Chance.Of(seed, ChancePurpose.Plates, 0).Bits() >> 32;

    /// <summary>The plate of a vehicle.</summary>
    /// <param name="vehicle">Its number, below <see cref="VehiclesMax"/>; for a historic plate below <see cref="HistoricMax"/>.</param>
    /// <param name="kind">Kind of the plate.</param>
    /// <param name="isCommercial">Whether it carries goods or passengers, which a car's letter says.</param>
    /// <param name="chance">Draws the letter or the country.</param>
    public NumberPlate Make(int vehicle, PlateKind kind, bool isCommercial, ref Chance chance) => kind switch
    {
        PlateKind.Motorcycle => new("IR", Motorcycle(vehicle), kind),
        PlateKind.Diplomatic => new("IR", Diplomatic(vehicle, chance.Is(0.7) ? 'D' : 'S'), kind),
        PlateKind.Historic => new("IR", "تاریخی" + Mixed(vehicle, HistoricMax).ToString("D5", CultureInfo.InvariantCulture), kind),
        PlateKind.Foreign => Foreign(vehicle, chance.Of<string>(_countries)),
        _ => new("IR", Car(vehicle, LetterOf(isCommercial, ref chance)), kind),
    };

    private static string LetterOf(bool isCommercial, ref Chance chance)
    {
        var at = chance.Next();
        if (isCommercial) return at < 0.85 ? "ع" : at < 0.9 ? "ک" : "الف";
        return at switch { < 0.9 => chance.Of<string>(_private), < 0.95 => "ت", < 0.97 => "الف", < 0.98 => "پ", < 0.985 => "ش", < 0.99 => "ث", < 0.995 => "ژ", _ => "گ" };
    }

    private string Car(int vehicle, string letter)
    {
        var (serial, region) = Math.DivRem(Mixed(vehicle, VehiclesMax), Regions);
        var text = new StringBuilder(10);
        for (var i = 0; i < 5; i++, serial /= 9)
        {
            if (i == 2) text.Append(letter);
            text.Append((char)('1' + serial % 9));
        }
        return text.Append(CultureInfo.InvariantCulture, $"{_regions[region]}").ToString();
    }

    private string Motorcycle(int vehicle)
    {
        var (code, serial) = Math.DivRem(Mixed(vehicle, 729 * SerialsOfLetter), SerialsOfLetter);
        var text = new StringBuilder(8).Append(CultureInfo.InvariantCulture, $"{111 + code}");
        for (var i = 0; i < 5; i++, serial /= 9) text.Append((char)('1' + serial % 9));
        return text.ToString();
    }

    private string Diplomatic(int vehicle, char letter)
    {
        var (number, region) = Math.DivRem(Mixed(vehicle, 100_000 * Regions), Regions);
        return string.Create(CultureInfo.InvariantCulture, $"{number / 1_000:D2}{letter}{number % 1_000:D3}{_regions[region]}");
    }

    /// <summary>Two digits, letters and three digits, as Turkish, Azerbaijani and Armenian plates have them; a country's letters are three or two.</summary>
    private NumberPlate Foreign(int vehicle, string country)
    {
        var (letters, digits) = Math.DivRem(Mixed(vehicle, 17_576 * 900), 900);
        var first = (char)('A' + letters % 26);
        var second = (char)('A' + letters / 26 % 26);
        var third = (char)('A' + letters / 676);
        // With two letters the third one is in the province's number.
        return new NumberPlate(country, country == "TR"
            ? string.Create(CultureInfo.InvariantCulture, $"34{first}{second}{third}{digits + 100}")
            : string.Create(CultureInfo.InvariantCulture, $"{third - 'A' + 10}{first}{second}{digits + 100}"), PlateKind.Foreign);
    }

    private int Mixed(int number, int count) => (int)(((ulong)number * Step + _start) % (ulong)count);
}
