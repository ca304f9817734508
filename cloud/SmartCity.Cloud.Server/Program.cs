using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;

if (OperatorCommand.IsOne(args)) return await OperatorCommand.RunAsync(args, Console.Out, Console.Error);
try
{
    if (args is ["serve", .. var rest]) args = rest;
    var builder = WebApplication.CreateBuilder(args);
    builder.Configuration.AddEnvironmentVariables("SMARTCITY__").AddCommandLine(args);
    var options = builder.Configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();
    if (builder.Configuration["data"] is { } data) options.Data = data;
    await using var app = CloudServer.Build(builder, options, services => services.AddReadingStore(options));
    await app.RunAsync();
    return Environment.ExitCode;
}
catch (ServerSettingsException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}
catch (Exception error) when (error is LogInUseException or LogBrokenException or InvalidDataException or IOException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
