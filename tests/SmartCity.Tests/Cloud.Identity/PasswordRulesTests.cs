using SmartCity.Cloud.Identity;

namespace SmartCity.Tests.Cloud.Identity;

/// <summary>What may be a password.</summary>
public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("short", AccessFault.PasswordShort)]
    [InlineData("passwordpassword", AccessFault.PasswordGuessable)]
    [InlineData("SmartCity2026", AccessFault.PasswordGuessable)]
    [InlineData("mina-mina-mina-1", AccessFault.PasswordGuessable)]
    [InlineData("aaaaaaaaaaaaaaaaaaaa", AccessFault.PasswordGuessable)]
    [InlineData("abcdefghijklmnop", AccessFault.PasswordGuessable)]
    [InlineData("123456789012", AccessFault.PasswordGuessable)]
    [InlineData("asdfghjklzxcvbnm", AccessFault.PasswordGuessable)]
    [InlineData("1qaz2wsx3edc4rfv", AccessFault.PasswordGuessable)]
    [InlineData("zaq12wsxcde3", AccessFault.PasswordGuessable)]
    [InlineData("1q2w3e4r5t6y7u", AccessFault.PasswordGuessable)]
    [InlineData("QAZwsxEDCrfv", AccessFault.PasswordGuessable)]
    public void Section_6_row_8_what_is_guessed_early_is_refused(string password, AccessFault fault) =>
        Assert.Equal(fault, Assert.Throws<AccessException>(() => PasswordRules.Check("mina", password)).Fault);

    /// <summary>The 13 of the 3,000 most used passwords that are long enough, and a few of those after them, as they are and as people change them.</summary>
    [Theory]
    [InlineData("123qweasdzxc")]
    [InlineData("1qaz2wsx3edc")]
    [InlineData("q1w2e3r4t5y6")]
    [InlineData("1q2w3e4r5t6y")]
    [InlineData("mailcreated5240")]
    [InlineData("qazwsxedcrfv")]
    [InlineData("123456qwerty")]
    [InlineData("qwerty123456")]
    [InlineData("polniypizdec0211")]
    [InlineData("sojdlg123aljg")]
    [InlineData("leavemealone")]
    [InlineData("123456654321")]
    [InlineData("winniethepooh")]
    [InlineData("WinnieThePooh1926!")]
    [InlineData("LEAVEMEALONE")]
    [InlineData("finalfantasy7")]
    [InlineData("counterstrike")]
    [InlineData("MichaelJackson")]
    [InlineData("christopher99")]
    [InlineData("minecraft2024")]
    [InlineData("jamesbond0007")]
    public void Section_6_row_8_of_the_most_used_passwords_none_can_be_chosen(string password) =>
        Assert.Equal(AccessFault.PasswordGuessable, Assert.Throws<AccessException>(() => PasswordRules.Check("mina", password)).Fault);

    [Fact]
    public void Section_6_row_8_the_list_of_the_most_used_is_there() => Assert.InRange(MostUsedPasswords.Count, 150, 300);

    [Theory]
    [InlineData("correct horse battery staple")]
    [InlineData("چهار واژهٔ پشت سر هم")]
    [InlineData("kT9#vv2!pLq0")]
    public void Section_6_row_8_length_is_enough_in_any_script(string password) => PasswordRules.Check("mina", password);

    [Fact]
    public void Megabytes_are_refused() => Assert.Equal(AccessFault.PasswordLong, Assert.Throws<AccessException>(() => PasswordRules.Check("mina", new string('x', 1 << 20))).Fault);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("<img onerror>")]
    [InlineData("a\u202eb")]
    public void Names_that_deceive_are_refused(string name) => Assert.Throws<AccessException>(() => PasswordRules.CheckName(name));
}
