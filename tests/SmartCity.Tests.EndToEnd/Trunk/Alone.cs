namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>Tests that hold one rate against another: each runs while no other does, or it would measure what the others leave of the processor.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
