using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Benchmarks.Tolling;

/// <summary>
/// Seconds to verify and seal a period, of which each charge has two postings; milliseconds to give out the receipt of any charge of a sealed period, with its proof, and to check it; and charges a second from a sealed ledger into their tree. All commits
/// are flushed to the disk. The first receipts are asked of a store that was just opened.
/// </summary>
internal static class ReceiptFigure
{
    /// <summary>Milliseconds to a receipt, and seconds to seal a period, of 10 M postings in the largest.</summary>
    private const double AtMost = 5, SealAtMost = 600;
    private static readonly DateOnly _day = new(2026, 11, 1);

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>--charges N</c> of the period (default 100,000), <c>--receipts N</c> to give out (default 2,000), <c>--folder DIR</c> on the disk to measure.</param>
    /// <returns>0 where 99 of 100 receipts took 5 ms or less to give out and to check and the seal ten minutes at most, else 3.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        var (charges, receipts) = (int.Parse(Option("--charges", "100000"), CultureInfo.InvariantCulture), int.Parse(Option("--receipts", "2000"), CultureInfo.InvariantCulture));
        var folder = Directory.CreateDirectory(Path.Combine(Option("--folder", Path.GetTempPath()), $"smartcity-receipts-{Environment.ProcessId}")).FullName;
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var ledger = SqliteTollLedger.Open(Path.Combine(folder, "ledger.db"), new LedgerIdentity("tolls", "IRR", 0), TimeProvider.System);
            Post(ledger, charges);
            var sealing = Stopwatch.GetTimestamp();
            Seal(ledger);
            var sealedIn = Stopwatch.GetElapsedTime(sealing).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A period of {ledger.Head().Number:N0} entries verified and sealed in {sealedIn:0.0} s"));
            using var vault = new PlateVault(Path.Combine(folder, "vault.db"));
            var file = Path.Combine(folder, "receipts.db");
            using (var store = new SqliteReceiptStore(file))
            {
                var began = Stopwatch.GetTimestamp();
                var tree = new PeriodReceipts(store, ledger, key, id => new ReceiptSubject(new DateTimeOffset(2026, 11, 1, 6, 12, 3, TimeSpan.FromHours(3.5)), "THN-1", "car", "road/3"), vault.SaltKeyOf, TimeProvider.System).MakeDue(CancellationToken.None)[0];
                var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A tree of {tree.Size:N0} charges: {seconds:0.0} s, {tree.Size / seconds:N0} charges/s, {new FileInfo(file).Length / (double)tree.Size:0} bytes a charge"));
            }
            using var asked = new SqliteReceiptStore(file);
            var random = new Random(7);
            var (given, made, check) = (new List<string>(), new List<double>(), new List<double>());
            for (var i = 0; i < receipts; i++)
            {
                var began = Stopwatch.GetTimestamp();
                given.Add(asked.Give(IdOf(random.Next(charges)), vault.SaltKeyOf)!.Write());
                made.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            foreach (var receipt in given)
            {
                var began = Stopwatch.GetTimestamp();
                if (!TollReceipt.Check(receipt, key).IsValid) throw new InvalidOperationException("A receipt does not hold.");
                check.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            var (first, second) = (Say("given out", made), Say("checked", check));
            return first && second && sealedIn <= SealAtMost ? 0 : 3;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string Option(string name, string otherwise) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault() ?? otherwise;
    }

    private static bool Say(string what, List<double> times)
    {
        times.Sort();
        var (middle, most) = (times[times.Count / 2], times[(int)(times.Count * 0.99)]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times.Count:N0} receipts {what}: median {middle:0.00} ms, 99 of 100 within {most:0.00} ms"));
        return most <= AtMost;
    }

    private static void Post(SqliteTollLedger ledger, int charges)
    {
        ledger.OpenAccounts([.. Enumerable.Range(0, 1_000).Select(i => new AccountOpening(Payer(i))), new("liability:concession:road"), new("liability:vat")]);
        ledger.OpenPeriod(_day, _day.AddDays(29), "bench");
        foreach (var some in Enumerable.Range(0, charges).Chunk(1_000))
            ledger.Post([.. some.Select(i => ChargeChain.Of(Payer(i % 1_000), "liability:concession:road", 100_000, 9_000, _day.AddDays(i % 30), BatchKind.Normal, 0, new TransferLinks(IdOf(i), IdOf(i), Lane: "THN-1-L1")))]);
    }

    private static void Seal(SqliteTollLedger ledger)
    {
        ledger.BeginClosing(1, "bench");
        var result = ledger.Seal(new SealRequest(1, _day.AddDays(60), "bench", "other", []));
        if (!result.Succeeded) throw new InvalidOperationException(result.Message);
    }

    private static string Payer(int i) => string.Create(CultureInfo.InvariantCulture, $"asset:receivable:{i}");

    private static string IdOf(int i) => Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(i)).AsSpan(0, 16));
}
