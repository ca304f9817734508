using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>The rules that a new city begins with; they can be changed and taken away like any other.</summary>
internal static class BuiltInRules
{
    public static AlarmSettings Settings { get; } = new()
    {
        Rules =
        [
            new AlarmRule
            {
                Id = "gateway-silent", Name = "Gateway silent", Scope = new AlarmScope { Gateways = true }, When = "silent()", Priority = AlarmPriority.High, RespondWithin = TimeSpan.FromMinutes(30),
                Cause = "Power, network or the box itself has failed.", Consequence = "Nothing is known of the devices behind it; what they send waits in them or is lost.",
                Action = "Look at the gateway's page and at its link; call the network's operator; send somebody if it does not answer.",
                Texts = new Dictionary<string, AlarmTexts>
                {
                    ["fa"] = new("درگاه خاموش است", "برق، شبکه یا خود دستگاه از کار افتاده است.", "از دستگاه‌های پشت این درگاه خبری نیست؛ داده‌هایشان یا در خودشان می‌ماند یا از دست می‌رود.",
                        "صفحهٔ درگاه و ارتباط آن را ببینید؛ با بهره‌بردار شبکه تماس بگیرید؛ اگر پاسخ نداد کسی را بفرستید."),
                },
            },
            new AlarmRule
            {
                Id = "device-silent", Name = "Device silent", When = "silent()", Priority = AlarmPriority.Low, RespondWithin = TimeSpan.FromHours(8),
                Cause = "Its battery, power or radio has failed, or it was taken away.", Consequence = "Its part of the city is not watched.", Action = "Enter a visit for maintenance; look for vandalism where several of one street are silent.",
                Texts = new Dictionary<string, AlarmTexts>
                {
                    ["fa"] = new("دستگاه خاموش است", "باتری، برق یا فرستندهٔ آن از کار افتاده یا دستگاه برداشته شده است.", "بخشی از شهر که این دستگاه می‌پاید دیده نمی‌شود.",
                        "بازدید نگهداری ثبت کنید؛ اگر چند دستگاه یک خیابان خاموش‌اند احتمال خرابکاری را بررسی کنید."),
                },
            },
        ],
    };
}
