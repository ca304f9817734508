namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>What holds for every file that comes in.</summary>
public static class BankOrAnswerFile
{
    /// <summary>Most bytes of a file, 32 MiB: some 60,000 answers in XML or 30,000 bank entries; larger ones are sent in parts.</summary>
    public const int BytesMax = 32 << 20;

    internal static string Shown(string? text) => text is null ? "nothing" : text.Length <= 40 ? $"'{text}'" : $"'{text[..40]}…'";
}
