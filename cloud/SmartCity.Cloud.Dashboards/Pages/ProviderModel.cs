namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>The city's provider of accounts on the sign-in page.</summary>
/// <param name="Name">What people call it; null for words of the page's language.</param>
/// <param name="Begin">Address of this server that leads to it.</param>
/// <param name="End">Address of this server that ends the session there, for whoever has just ended the one here; null for everybody else.</param>
public sealed record ProviderModel(string? Name, string Begin, string? End);
