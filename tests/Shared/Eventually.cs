namespace SmartCity.Tests;

/// <summary>Waits for what happens on other threads.</summary>
internal static class Eventually
{
    /// <summary>Returns as soon as <paramref name="condition"/> holds.</summary>
    public static async Task HoldsAsync(string what, Func<bool> condition, int seconds = 30)
    {
        for (var deadline = Environment.TickCount64 + seconds * 1000L; !condition();)
        {
            Assert.True(Environment.TickCount64 < deadline, $"After {seconds} s it still does not hold that {what}.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Returns as soon as <paramref name="condition"/>, asked ten times a second, holds.</summary>
    public static async Task HoldsAsync(string what, Func<Task<bool>> condition, int seconds = 30)
    {
        for (var deadline = Environment.TickCount64 + seconds * 1000L; !await condition();)
        {
            Assert.True(Environment.TickCount64 < deadline, $"After {seconds} s it still does not hold that {what}.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
