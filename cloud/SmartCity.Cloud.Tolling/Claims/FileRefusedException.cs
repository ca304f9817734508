namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>A file cannot be taken: nothing of it was.</summary>
/// <param name="place">Where in it, e.g. <c>line 12, TollAmount</c>; empty for the whole.</param>
/// <param name="reason">What is expected and what was found.</param>
public sealed class FileRefusedException(string place, string reason) : Exception(place.Length == 0 ? reason : $"{place}: {reason}")
{
    /// <summary>Where in the file.</summary>
    public string Place => place;

    /// <summary>What is expected and what was found.</summary>
    public string Reason => reason;
}
