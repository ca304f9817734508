using System.Text.Json;
using Microsoft.Playwright;
using SmartCity.Cloud.Dashboards.Languages;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>Passkeys in a real browser with an authenticator that it plays: added, used, renamed and removed by keyboard alone, in both languages, and what is said where it cannot be.</summary>
public sealed class PasskeyPageTests : BrowserTests
{
    [Fact]
    public async Task A_passkey_is_added_signs_in_is_renamed_and_removed_by_keyboard_in_both_languages()
    {
        var page = await _browser.OpenAsync("/sign-in?lang=en");
        // Browsers make no passkey for a bare address, and the page says where they work.
        await Assertions.Expect(page.Locator("[data-why=elsewhere]")).ToContainTextAsync(Here(""));
        await Assertions.Expect(page.Locator("[data-ready]")).ToBeHiddenAsync();
        await LookAsync(page, "passkey-elsewhere-en");
        var authenticator = await AuthenticatorAsync(page);
        await page.GotoAsync(Here("/sign-in"));
        await TypeAsync(page, FirstSecret);
        await page.Locator("#old").FillAsync(FirstSecret);
        await page.Locator("#new").FillAsync(Password);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(Here("/"));
        await page.GotoAsync(Here("/account"));
        await page.Locator("form[action='/sign-out'] button").ClickAsync();

        foreach (var (code, words) in Language.All.Select(language => (language.Code, language.Words)))
        {
            await page.GotoAsync(Here($"/sign-in?return=/account&lang={code}"));
            await TypeAsync(page, Password);
            await page.WaitForURLAsync(Here("/account"));
            await Assertions.Expect(page.Locator("#passkeys")).ToContainTextAsync(words["passkeys.none"]);
            await page.Locator("#passkey-name").FillAsync($"laptop {code}");
            await page.Keyboard.PressAsync("Enter");
            await page.WaitForURLAsync(Here("/account?passkey=added"));
            await Assertions.Expect(page.Locator(".note.done")).ToHaveTextAsync(words["passkey.added"]);
            await Assertions.Expect(page.Locator("#passkeys tbody")).ToContainTextAsync($"laptop {code}");
            await LookAsync(page, $"passkey-added-{code}");
            // The same device again.
            await page.Locator("#passkey-name").FillAsync("again");
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.Locator("[data-trouble]")).ToHaveTextAsync(words["passkey.twice"]);
            await LookAsync(page, $"passkey-twice-{code}");

            await page.Locator("#passkeys summary").FocusAsync();
            await page.Keyboard.PressAsync("Enter");
            await page.Keyboard.PressAsync("Tab");
            await page.Keyboard.PressAsync("Control+A");
            await page.Keyboard.TypeAsync($"phone {code}");
            await LookAsync(page, $"passkey-changes-{code}");
            await page.Keyboard.PressAsync("Enter");
            await page.WaitForURLAsync(Here("/account#passkeys"));
            await Assertions.Expect(page.Locator("#passkeys tbody")).ToContainTextAsync($"phone {code}");
            await page.Locator("form[action='/sign-out'] button").PressAsync("Enter");

            // A device that does not know its owner, then one that does.
            await page.GotoAsync(Here("/sign-in?return=/account"));
            await authenticator("WebAuthn.setUserVerified", new() { ["isUserVerified"] = false });
            await page.Locator("#password").FocusAsync();
            await page.Keyboard.PressAsync("Tab");
            await page.Keyboard.PressAsync("Tab");
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.Locator("[data-trouble]")).ToHaveTextAsync(words["passkey.cancelled"]);
            await Assertions.Expect(page.Locator("[data-ready] button")).ToBeFocusedAsync();
            await LookAsync(page, $"passkey-cancelled-{code}");
            await authenticator("WebAuthn.setUserVerified", new() { ["isUserVerified"] = true });
            await page.Keyboard.PressAsync("Enter");
            await page.WaitForURLAsync(Here("/account"));
            await Assertions.Expect(page.Locator(".account")).ToHaveTextAsync("admin");
            await Assertions.Expect(page.Locator("#passkeys tbody")).Not.ToContainTextAsync(words["passkey.unused"]);

            // A copy of the key from before it was used.
            await page.Locator("form[action='/sign-out'] button").PressAsync("Enter");
            await page.GotoAsync(Here("/sign-in?return=/account"));
            await CopyAsync(authenticator, 0);
            await page.Locator("[data-ready] button").PressAsync("Enter");
            await Assertions.Expect(page.Locator("[data-trouble]")).ToHaveTextAsync(Words.OfProblems(Language.All.Single(language => language.Code == code))["say.access.PasskeyCounter"]);
            await LookAsync(page, $"passkey-copied-{code}");

            await TypeAsync(page, Password);
            await page.WaitForURLAsync(Here("/account"));
            // Without a password the last passkey stays.
            await page.Locator("form[action='/account/password/remove'] button").PressAsync("Enter");
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync(words["password.none"]);
            await page.Locator("#passkeys summary").PressAsync("Enter");
            await Assertions.Expect(page.Locator("#passkeys tbody")).ToContainTextAsync(words["passkey.last"]);
            await LookAsync(page, $"passkey-alone-{code}");
            await page.Locator("#new").FillAsync(Password);
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.Locator(".note.done")).ToHaveTextAsync(words["account.changed"]);
            await page.Locator("#passkeys summary").PressAsync("Enter");
            await page.Locator("#passkeys button.danger").PressAsync("Enter");
            await Assertions.Expect(page.Locator("#passkeys")).ToContainTextAsync(words["passkeys.none"]);
            await page.Locator("form[action='/sign-out'] button").PressAsync("Enter");
            await page.GotoAsync(Here("/sign-in"));
            await page.Locator("[data-ready] button").PressAsync("Enter");
            await Assertions.Expect(page.Locator("[data-trouble]")).ToHaveTextAsync(Words.OfProblems(Language.All.Single(language => language.Code == code))["say.access.PasskeyUnknown"]);
            await LookAsync(page, $"passkey-unknown-{code}");
            await authenticator("WebAuthn.clearCredentials", []);
        }
        Assert.Empty(_browser.Complaints);
    }

    /// <summary>Where the browser takes passkeys.</summary>
    private string Here(string path) => _browser.AddressOf(path).Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    private static async Task TypeAsync(IPage page, string password)
    {
        await page.Locator("#name").FillAsync("admin");
        await page.Locator("#password").FillAsync(password);
        await page.Keyboard.PressAsync("Enter");
    }

    /// <summary>Lets the browser play an authenticator that unlocks by itself.</summary>
    /// <returns>Sends it a command of the browser's protocol.</returns>
    private static async Task<Func<string, Dictionary<string, object>, Task<JsonElement?>>> AuthenticatorAsync(IPage page)
    {
        var protocol = await page.Context.NewCDPSessionAsync(page);
        await protocol.SendAsync("WebAuthn.enable");
        var added = await protocol.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object> { ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = true, ["isUserVerified"] = true, ["automaticPresenceSimulation"] = true },
        });
        var id = added!.Value.GetProperty("authenticatorId").GetString()!;
        return (method, parameters) => protocol.SendAsync(method, new(parameters) { ["authenticatorId"] = id });
    }

    /// <summary>Puts the one key back as it was when it had counted less.</summary>
    private static async Task CopyAsync(Func<string, Dictionary<string, object>, Task<JsonElement?>> authenticator, int counter)
    {
        var key = (await authenticator("WebAuthn.getCredentials", []))!.Value.GetProperty("credentials")[0].Deserialize<Dictionary<string, object>>()!;
        key["signCount"] = counter;
        await authenticator("WebAuthn.clearCredentials", []);
        await authenticator("WebAuthn.addCredential", new() { ["credential"] = key });
    }
}
