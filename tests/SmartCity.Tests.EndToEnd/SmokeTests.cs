namespace SmartCity.Tests.EndToEnd; public sealed class SmokeTests { [Fact] public void Repository_is_found() => Assert.NotEmpty(Repository.Root); }
