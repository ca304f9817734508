namespace SmartCity.AppHost;

/// <summary>How a process of the city is started.</summary>
/// <param name="Program">Path of the program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Folder">Its working folder, absolute; made at need.</param>
internal sealed record PartCommand(string Program, IReadOnlyList<string> Arguments, string Folder);
