using System.CommandLine;
using System.Globalization;

namespace SmartCity.FirmwareSim;

/// <summary>Options that are numbers within bounds.</summary>
internal static class Numbers
{
    /// <summary>A whole number with a default.</summary>
    public static Option<int> Option(string name, string description, int usual, int min, int max)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && (number < min || number > max))
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} {number}: {min:N0} to {max:N0} are needed."));
        });
        return option;
    }

    /// <summary>A number that may be left out.</summary>
    public static Option<double?> Option(string name, string description, double min, double max) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max) return number;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} {text}: a number from {min} to {max:N0} is needed."));
            return null;
        },
    };
}
