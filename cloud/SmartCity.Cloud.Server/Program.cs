using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server;
using SmartCity.Cloud.Server.Operations;

try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.Configuration.AddEnvironmentVariables("SMARTCITY__").AddCommandLine(args);
    var options = builder.Configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();
    if (builder.Configuration["data"] is { } data) options.Data = data;
    await using var app = CloudServer.Build(builder, options);
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
