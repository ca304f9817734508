namespace SmartCity.Cloud.Server.Live;

/// <summary>Bytes for many connections at once; nobody changes them.</summary>
/// <param name="Bytes">The message.</param>
/// <param name="IsText">UTF-8 text; else binary.</param>
internal sealed record LiveMessage(ReadOnlyMemory<byte> Bytes, bool IsText);
