using SmartCity.Client;

namespace SmartCity.Tests.Client;

/// <summary>The generated client against the books of tolls of a server of their own: what a bank pays would stand before the periods that other tests open.</summary>
public sealed class TollClientTests(ClientTests.City city) : IClassFixture<ClientTests.City>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_payments_disputes_receipts_retention_and_the_vault_of_tolls_are_there_too()
    {
        var client = city.Client;
        Assert.Empty((await client.GetTollClaimsAsync(cancellationToken: Stop)).Result.Items);
        Assert.Empty((await client.GetTollClaimsDueAsync(Stop)).Result.Items);
        Assert.Equal("/problems/toll", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => client.MakeTollClaimsAsync(new NewTollClaims { Issuer = 792 }, Stop))).Result.Type);
        // A bank's file is looked at, taken, and known from then on; its payments are for no claim.
        var looked = (await client.TakeTollFileAsync(Bank(), "bank.xml", "bank", "true", Stop)).Result;
        Assert.Equal((0, "camt.053", 631_500L), (looked.Number, looked.Type, looked.Total));
        Assert.Empty((await client.GetTollFilesAsync(cancellationToken: Stop)).Result.Items);
        Assert.False((await client.TakeTollFileAsync(Bank(), "bank.xml", cancellationToken: Stop)).Result.IsKnown);
        Assert.True((await client.TakeTollFileAsync(Bank(), "again.xml", cancellationToken: Stop)).Result.IsKnown);
        Assert.Equal("bank.xml", Assert.Single((await client.GetTollFilesAsync(cancellationToken: Stop)).Result.Items).Name);
        var payment = (await client.GetOpenTollPaymentsAsync(limit: 1, cancellationToken: Stop)).Result;
        Assert.NotNull(payment.Next);
        var refused = await Assert.ThrowsAsync<SmartCityException<Problem>>(() => client.MatchTollPaymentAsync(new TollPaymentMatch { Account = payment.Items[0].Account, Reference = payment.Items[0].Reference, Part = 1, Claim = "C792-000009" }, Stop));
        Assert.Equal(("/problems/toll", 1), (refused.Result.Type, refused.Result.Faults!.Count));
        Assert.NotEmpty((await Assert.ThrowsAsync<SmartCityException<Problem>>(() => client.TakeTollFileAsync(new MemoryStream("nonsense"u8.ToArray()), kind: "answer", cancellationToken: Stop))).Result.Faults!);
        // Files come byte for byte.
        using (var table = await client.GetTollChargeTableAsync("xlsx", "fa", Stop)) Assert.Equal((byte)'P', table.Stream.ReadByte());
        using (var key = await client.GetTollReceiptKeyAsync(Stop))
        using (var reader = new StreamReader(key.Stream)) Assert.StartsWith("-----BEGIN PUBLIC KEY-----", await reader.ReadToEndAsync(Stop), StringComparison.Ordinal);
        var nobody = new string('0', 32);
        Assert.Equal("/problems/missing", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => client.OpenTollDisputeAsync(new NewTollDispute { Charge = nobody, Reason = "wrongClass" }, Stop))).Result.Type);
        Assert.Equal("/problems/missing", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => client.GetTollReceiptAsync(nobody, cancellationToken: Stop))).Result.Type);
        Assert.Contains("Possible", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => client.GetTollDisputesAsync(state: "lost", cancellationToken: Stop))).Result.Errors!["state"], StringComparison.Ordinal);
        Assert.Equal(["images", "plates", "receipts", "keys"], (await client.RunTollRetentionAsync(Stop)).Result.Items.Select(run => run.Class));
        var runs = new List<int>();
        await foreach (var run in SmartCityClient.AllAsync(async cursor => (await client.GetTollRetentionRunsAsync(limit: 1, cursor: cursor, cancellationToken: Stop)).Result, page => page.Items, page => page.Next)) runs.Add(run.Number);
        Assert.Equal([4, 3, 2, 1], runs);
        Assert.Contains((await client.GetTollRetentionAsync("en", Stop)).Result.Places, place => place.Place.Length > 0 && place.Rule.Length > 0);
        // Nobody reads the vault without a reason.
        Assert.Equal("/problems/body", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => client.FindInTollVaultAsync(new VaultSearch { Plate = "12ب34567", Reason = "why" }, Stop))).Result.Type);
        Assert.Empty((await client.FindInTollVaultAsync(new VaultSearch { Plate = "12ب34567", Reason = "case 17" }, Stop)).Result.Accounts);
        Assert.Equal("toll.vault.find", (await client.GetAuditLogAsync(limit: 1, cancellationToken: Stop)).Result.Items[0].Action);
        Assert.Equal("passages", (await client.GetTollLeakageAsync(cancellationToken: Stop)).Result.Tree.Name);
        Assert.Empty((await client.GetTollReplaysAsync(cancellationToken: Stop)).Result.Items);

        static FileStream Bank() => File.OpenRead(Path.Combine(Repository.Root, "cloud", "SmartCity.Cloud.Tolling", "examples", "settlement", "bank.camt053.xml"));
    }
}
