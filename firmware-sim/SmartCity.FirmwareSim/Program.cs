using System.CommandLine;
using SmartCity.FirmwareSim.Load;
using SmartCity.Hosting.Commands;

var root = new RootCommand("Devices that are not there: load for gateways and brokers.") { LoadCommand.Create() };
return await CommandLine.RunAsync(root, args);
