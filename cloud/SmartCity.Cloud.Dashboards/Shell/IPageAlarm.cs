namespace SmartCity.Cloud.Dashboards.Shell;

/// <summary>Something that everybody who has signed in must know on every page, for as long as it stands.</summary>
public interface IPageAlarm
{
    /// <summary>Key of the sentence that says what is wrong and what to do; null while nothing is.</summary>
    string? Word { get; }
}
