namespace SmartCity.Hosting.Operations;

/// <summary>A part of a process that says whether it can do its work; registered as a service, one line in <c>/health/ready</c>.</summary>
public interface IHealthPart
{
    /// <summary>Short name, e.g. <c>spool</c>.</summary>
    string Name { get; }

    /// <summary>Why the part is not ready, in words for an operator; null when it is. Returns at once and never throws.</summary>
    string? Trouble { get; }

    /// <summary>What a person should look at although the part does its work, in words for an operator; null when there is nothing. Returns at once and never throws.</summary>
    string? Warning => null;
}
