namespace SmartCity.Hosting.Configuration;

/// <summary>The setting names a file that must exist and be readable at start; an absent setting is no error.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExistingFileAttribute : Attribute
{
    /// <summary>Whether others than the owner may not read it, as with a private key. Default false.</summary>
    public bool Private { get; init; }
}
