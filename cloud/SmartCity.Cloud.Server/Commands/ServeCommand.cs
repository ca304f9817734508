using System.Text;
using Microsoft.AspNetCore.Connections;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>Runs the server.</summary>
internal static class ServeCommand
{
    /// <summary>Goes on until told to stop.</summary>
    /// <returns>0, or 1 where the log's disk failed.</returns>
    /// <exception cref="CommandException">It cannot start; the message says why and what to do.</exception>
    public static async Task<int> RunAsync(Settings settings, CancellationToken stop)
    {
        var options = settings.Get<ServerOptions>();
        using var folder = DataFolder.Take(options.Data);
        PortsFile.Clear(options.Data);
        try
        {
            await using var app = CloudServer.Build(ProcessHost.CreateBuilder(settings), options, services => services.AddReadingStore(options));
            ShowFirstSecret(app, options);
            await app.RunAsync(stop);
            return Environment.ExitCode;
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new CommandException($"{error.Message} End what holds it, or choose another with {ServerOptions.Section}:HttpPort, :HttpsPort or :Ingest:Port; 0 is any free one.", error);
        }
        catch (Exception error) when (error is LogInUseException or LogBrokenException or InvalidDataException)
        {
            throw new CommandException(error.Message, error);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop before it had started.
            return ExitCode.Done;
        }
        finally
        {
            PortsFile.Clear(options.Data);
        }
    }

    /// <summary>Makes the first administrator at the first start. Its secret goes past the log, which others may read.</summary>
    private static void ShowFirstSecret(WebApplication app, ServerOptions options)
    {
        if (app.Services.GetRequiredService<Accounts>().MakeFirst() is not { } secret) return;
        if (options.Access.PrintFirstSecret)
        {
            Console.Out.WriteLine($"First sign-in at /sign-in: name {Accounts.First}, secret {secret}. It serves once, to choose a password, and is not shown again; \"smartcity user reset {Accounts.First}\" makes another.");
            return;
        }
        var file = Path.Combine(options.Data, "identity", "first-sign-in");
        var how = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(file, how);
        stream.Write(Encoding.UTF8.GetBytes(secret));
    }
}
