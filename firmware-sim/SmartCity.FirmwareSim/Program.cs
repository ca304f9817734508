using System.CommandLine;
using SmartCity.FirmwareSim.City;
using SmartCity.FirmwareSim.Corridor;
using SmartCity.FirmwareSim.Load;
using SmartCity.FirmwareSim.Replay;
using SmartCity.Hosting.Commands;

var root = new RootCommand("Plays the devices of a city against an MQTT broker.") { CityCommand.Create(), CorridorCommand.Create(), ReplayCommand.Create(), LoadCommand.Create() };
return await CommandLine.RunAsync(root, args);
