using System.Diagnostics;
using System.Globalization;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Benchmarks.Tolling;

/// <summary>
/// Large books of a toll road: how long it takes to reconcile them, to verify their ledger, and to show the first page of their charges, whichever are asked
/// for. The books are those of a played day with every fault. Each page is read by a connection of its own, as the server does, and the first time of each counts.
/// </summary>
internal static class BooksFigure
{
    private const int RowsOfPage = 101;
    /// <summary>At a million passages, on two cores: seconds to reconcile, and ms to a first page.</summary>
    private const double ReconcileAtMost = 60, PageAtMost = 300;

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>--passages N</c> of the day (default 1,000,000), <c>--folder DIR</c> on the disk to measure.</param>
    /// <returns>0 where both marks were reached and the books are right, else 3.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Option("--folder", Path.GetTempPath()), $"smartcity-books-{Environment.ProcessId}")).FullName;
        try
        {
            var (events, configuration) = PlayedBooks.Play(folder, Option("--passages", "1000000"));
            using var books = new PlayedBooks(folder, configuration);
            var made = books.Charge(events);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{made.Passages:N0} passages charged in {made.Seconds:0} s, {made.Rate:N0}/s; {new FileInfo(books.File).Length / 1e6:N0} MB"));
            var page = Pages(books.File);
            var (isRight, seconds) = books.Reconcile();
            return isRight && page <= PageAtMost && seconds <= ReconcileAtMost ? 0 : 3;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string Option(string name, string otherwise) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault() ?? otherwise;
    }

    /// <summary>Reads the first page of everything that can be asked for.</summary>
    /// <returns>The longest, ms.</returns>
    private static double Pages(string file)
    {
        using var known = new SqliteTollQueries(file);
        var all = new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue, Limit: RowsOfPage);
        var some = known.Charges(all);
        var asked = new List<(string What, ChargeQuery Query)>
        {
            ("all charges", all), ("of the last day", all with { From = known.Days()!.Value.To }), ("of one toll point", all with { Point = some[^1].TollPoint }), ("of one lane", all with { Lane = some[^1].Lane }),
            ("of a toll point that there is not", all with { Point = "none" }), ("after the last page", all with { After = new string('f', 32) }),
        };
        asked.AddRange(Enum.GetValues<ChargeOutcome>().Select(outcome => ($"that are {outcome}", all with { Outcome = outcome })));
        return asked.Max(one =>
        {
            var began = Stopwatch.GetTimestamp();
            using var queries = new SqliteTollQueries(file);
            var rows = queries.Charges(one.Query).Count;
            var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"First page of charges {one.What}: {rows} rows in {took:0.0} ms"));
            return took;
        });
    }
}
