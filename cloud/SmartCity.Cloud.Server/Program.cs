using SmartCity.Cloud.Server.Commands;
using SmartCity.Hosting.Commands;

return await CommandLine.RunAsync(ServerCommand.Create(args), args);
