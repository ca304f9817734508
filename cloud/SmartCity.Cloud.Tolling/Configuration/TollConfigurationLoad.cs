namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>What became of reading configuration files.</summary>
/// <param name="Configuration">The configuration; null where there is any error.</param>
/// <param name="Errors">What is wrong, by file and line; at most <see cref="ErrorsMax"/>.</param>
/// <param name="Warnings">What is allowed but worth a look.</param>
public sealed record TollConfigurationLoad(TollConfiguration? Configuration, IReadOnlyList<ConfigIssue> Errors, IReadOnlyList<ConfigIssue> Warnings)
{
    /// <summary>Most errors that are told of; with more, the last says so.</summary>
    public const int ErrorsMax = 100;
}
