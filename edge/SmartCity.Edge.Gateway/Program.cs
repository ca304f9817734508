using SmartCity.Edge.Gateway.Commands;
using SmartCity.Hosting.Commands;

return await CommandLine.RunAsync(GatewayCommand.Create(args), args);
