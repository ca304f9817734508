using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>axe's rules, run inside the page. The package's own way carries all that passed out of the browser and into another page, twice: seconds for a long table.</summary>
internal static class Axe
{
    private static readonly string s_source = new BundledAxeScriptProvider().GetScript();

    /// <summary>What breaks a rule, a text for each rule with the places; empty where nothing does.</summary>
    /// <param name="page">The page as it stands.</param>
    /// <param name="but">A part that is another's and is not looked at; null for none.</param>
    public static async Task<string[]> ViolationsAsync(IPage page, string? but = null)
    {
        if (await page.EvaluateAsync<bool>("typeof axe === 'undefined'")) await page.EvaluateAsync($"() => {{ {s_source} }}");
        return await page.EvaluateAsync<string[]>("""
            async (but) => {
              const found = await axe.run(but ? { exclude: [[but]] } : document, { resultTypes: ['violations'] });
              return found.violations.map((rule) => `${rule.id} (${rule.impact}) at ${rule.nodes.map((node) => node.html).join(', ')}`);
            }
            """, but);
    }
}
