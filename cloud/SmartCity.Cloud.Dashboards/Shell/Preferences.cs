using Microsoft.AspNetCore.Http;
using SmartCity.Cloud.Dashboards.Languages;

namespace SmartCity.Cloud.Dashboards.Shell;

/// <summary>Light, dark or with hard contrasts.</summary>
public enum Theme
{
    /// <summary>As the machine is set.</summary>
    System,
    /// <summary>Dark ink on light ground.</summary>
    Light,
    /// <summary>Light ink on dark ground, for a control room at night.</summary>
    Dark,
    /// <summary>The hardest contrasts, for sunlight and weak eyes.</summary>
    Contrast,
}

/// <summary>How somebody wants to see the pages; remembered in cookies, since nothing of it is a secret or a right.</summary>
/// <param name="Language">Words, direction and calendar.</param>
/// <param name="Theme">Colours.</param>
/// <param name="Digits">Digits of numbers and times.</param>
public sealed record Preferences(Language Language, Theme Theme, Digits Digits)
{
    /// <summary>Those of a request: <c>?lang=</c>, <c>?theme=</c>, <c>?digits=</c>, each remembered from then on, else what was remembered, else the usual.</summary>
    public static Preferences Of(HttpContext context) => new(
        Language.Of(context),
        Asked(context, "theme", Theme.System),
        Asked(context, "digits", Digits.OfLanguage));

    private static T Asked<T>(HttpContext context, string name, T usual) where T : struct, Enum
    {
        if (Enum.TryParse<T>(context.Request.Query[name], true, out var asked) && Enum.IsDefined(asked))
        {
            context.Response.Cookies.Append(name, NameOf(asked), Language.Remembered);
            return asked;
        }
        return Enum.TryParse<T>(context.Request.Cookies[name], true, out var known) && Enum.IsDefined(known) ? known : usual;
    }

    /// <summary>Name of a value in addresses and markup.</summary>
    public static string NameOf<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
