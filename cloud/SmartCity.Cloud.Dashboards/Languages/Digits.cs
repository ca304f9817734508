namespace SmartCity.Cloud.Dashboards.Languages;

/// <summary>Digits on output; on input all are read alike (<see cref="SearchText.Latin"/>).</summary>
public enum Digits
{
    /// <summary>Persian in Persian, else Latin.</summary>
    OfLanguage,
    /// <summary>0123456789.</summary>
    Latin,
    /// <summary>۰۱۲۳۴۵۶۷۸۹.</summary>
    Persian,
}
