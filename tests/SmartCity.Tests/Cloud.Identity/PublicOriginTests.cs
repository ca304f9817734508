using SmartCity.Cloud.Identity;

namespace SmartCity.Tests.Cloud.Identity;

/// <summary>The address of the pages is an origin and nothing more.</summary>
public sealed class PublicOriginTests
{
    [Theory]
    [InlineData("https://city.example", "https://city.example", true)]
    [InlineData("https://City.example:443/", "https://city.example", true)]
    [InlineData("https://city.example:8444", "https://city.example:8444", true)]
    [InlineData("https://شهر.example", "https://xn--wgbf1d.example", true)]
    [InlineData("http://localhost:8080", "http://localhost:8080", true)]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080", false)]
    [InlineData("https://[::1]:8444", "https://[::1]:8444", false)]
    public void An_origin_is_read_as_browsers_write_it(string text, string written, bool hasName)
    {
        var origin = PublicOrigin.TryRead(text);
        Assert.NotNull(origin);
        Assert.Equal((written, hasName), (PublicOrigin.TextOf(origin), PublicOrigin.HasName(origin)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("city.example")]
    [InlineData("http://city.example")]
    [InlineData("https://city.example/pages")]
    [InlineData("https://city.example/?a=b")]
    [InlineData("https://mina@city.example")]
    [InlineData("ftp://localhost")]
    public void What_is_more_or_less_than_an_origin_is_refused(string text) => Assert.Null(PublicOrigin.TryRead(text));
}
