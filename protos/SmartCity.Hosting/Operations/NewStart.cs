namespace SmartCity.Hosting.Operations;

/// <summary>Whether an application ends only to begin anew in the same process, so that whoever watches the process is not told that it ends. Thread-safe.</summary>
public sealed class NewStart
{
    private volatile bool _isUnderWay;

    /// <summary>Whether it does.</summary>
    public bool IsUnderWay => _isUnderWay;

    /// <summary>It will. Before the application is told to stop.</summary>
    public void Begin() => _isUnderWay = true;
}
