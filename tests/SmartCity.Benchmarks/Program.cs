using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using SmartCity.Benchmarks;
using SmartCity.Benchmarks.Alarms;
using SmartCity.Benchmarks.Pages;
using SmartCity.Benchmarks.Readings;
using SmartCity.Benchmarks.Tolling;
using SmartCity.Benchmarks.WholePath;

// Benchmarks of single parts; "path" is what tests/bench runs.
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- --filter '*Columns*'
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- allocations            compare with allocations.json; exit 3 where one allocates more
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- allocations --update   write allocations.json anew
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- idle    memory of connected devices that say nothing, and under hostile packets
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- pages   bytes and first content of each page on a poor line, and a sign-in beside its hash
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- query   bytes a sealed reading, and one series of one day over 100 M stored readings
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- alarms  an alarm decided and durable at 100,000 rules, and a thousand at once
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- ledger  passages posted and committed per second, SQLite in batches against PostgreSQL
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- correlation  passages per second out of an hour of 100 lanes, and the memory that takes
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- charging  passages per second from event to posted and committed, against PostgreSQL with a commit each
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- books   a million passages: reconciled, verified, and the first page of their charges
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- rate    toll uses rated per second, and a table of prices read and checked
//   dotnet run -c Release --project tests/SmartCity.Benchmarks -- receipts  milliseconds to give out and to check a receipt of a toll, and charges a second into their tree
if (args is ["path", .. var options]) return PathBench.Run(options);
if (args is ["idle", .. var idle]) return IdleFigure.Run(idle);
if (args is ["query", .. var query]) return await QueryFigure.RunAsync(query);
if (args is ["correlation", .. var correlation]) return CorrelationFigure.Run(correlation);
if (args is ["ledger", .. var ledger]) return LedgerFigure.Run(ledger);
if (args is ["charging", .. var charging]) return ChargingFigure.Run(charging);
if (args is ["books", .. var books]) return BooksFigure.Run(books);
if (args is ["rate", .. var rate]) return RatingFigure.Run(rate);
if (args is ["receipts", .. var receipts]) return ReceiptFigure.Run(receipts);
if (args is ["alarms"]) return AlarmFigure.Run();
if (args is ["pages"]) return PageFigure.Run();
if (args is ["allocations", .. var rest]) return AllocationBaselines.Run(update: rest.Contains("--update"));

// In this process: a project generated elsewhere would not see the central package versions.
var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)).WithOptions(ConfigOptions.DisableOptimizationsValidator);
var summaries = BenchmarkSwitcher.FromAssembly(typeof(AllocationBaselines).Assembly).Run(args, config).ToList();
return summaries.Count > 0 && summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
