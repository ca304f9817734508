using System.Text.Json.Serialization;

namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>A page of a list.</summary>
/// <typeparam name="T">What it lists.</typeparam>
/// <param name="Items">What it holds, in the list's order.</param>
/// <param name="Next">Address of the next page; absent on the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next = null);

/// <summary>A list that always comes whole.</summary>
/// <typeparam name="T">What it lists.</typeparam>
/// <param name="Items">What it holds.</param>
internal sealed record Whole<T>(IReadOnlyList<T> Items);
