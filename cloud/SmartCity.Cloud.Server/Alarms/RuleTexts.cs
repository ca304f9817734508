using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>A rule's words in a language; where it has none there, its own.</summary>
internal sealed record RuleTexts(string Name, string? Cause, string? Consequence, string? Action)
{
    public static RuleTexts Of(AlarmRule rule, string language)
    {
        var texts = rule.Texts?.GetValueOrDefault(language);
        return new RuleTexts(texts?.Name ?? rule.Name ?? rule.Id, texts?.Cause ?? rule.Cause, texts?.Consequence ?? rule.Consequence, texts?.Action ?? rule.Action);
    }
}
