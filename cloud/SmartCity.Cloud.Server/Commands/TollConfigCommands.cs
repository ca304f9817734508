using System.CommandLine;
using System.Globalization;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Hosting.Commands;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>toll config …</c>: corridors, calendars, tariffs and registers as files. A running server takes up what is imported.</summary>
internal sealed class TollConfigCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _effectColumns = ["corridor", "what", "class", "days", "time", "from", "to", "dayCount", "before", "after"];
    private static readonly string[] _contentColumns = ["files", "corridors", "calendars", "tariffs", "penaltyPolicies", "issuers", "accounts", "tags", "plates", "exceptions", "hash"];
    private static readonly string[] _historyColumns = ["number", "imported", "by", "effective", "files", "hash"];
    private static readonly TimeProvider _clock = TimeProvider.System;

    /// <summary>Where the history of a data folder stands.</summary>
    public static string FileOf(string data) => Path.Combine(data, "tolling", "configuration.db");

    public Command Create() => new("config", "What tolls are charged by: corridors, calendars, tariffs, penalty policies, accounts, tags and plates.") { Check(), Import(), List() };

    private static Command Check()
    {
        var (files, output) = (ImportRun.Files("JSON or CSV, which have to be right together."), CommonOptions.Output());
        var check = new Command("check", "Says what is wrong with configuration files by themselves. Exit 1 where anything is.") { files, output };
        check.SetAction(result =>
        {
            var streams = result.InvocationConfiguration;
            if (Read(result.GetRequiredValue(files), streams.Error) is not { } read) return ExitCode.Failed;
            var load = TollConfiguration.Load(read);
            if (!Say(load, streams.Error, "Nothing of them can be imported")) return ExitCode.Failed;
            var configuration = load.Configuration!;
            var registers = configuration.Registers;
            RowWriter.Write(streams.Output, result.GetValue(output), _contentColumns, [[read.Count, configuration.Corridors.Count, configuration.Calendars.Count, configuration.Tariffs.Count, configuration.PenaltyPolicies.Count,
                registers.Issuers.Count, registers.Accounts.Count, registers.Tags.Count, registers.Plates.Count, registers.Exceptions.Count, configuration.Hash]]);
            return ExitCode.Done;
        });
        return check;
    }

    private Command Import()
    {
        var (files, output) = (ImportRun.Files("JSON or CSV. A file takes the place of an imported one of the same name."), CommonOptions.Output());
        var dry = new Option<bool>("--dry-run") { Description = "Shows what the files would change: which days, points and classes get which price. Imports nothing." };
        var yes = new Option<bool>("--yes") { Description = "Imports them." };
        var import = new Command("import", "Puts files beside those that were imported, whole or not at all; the same again changes nothing. Exit 1 where anything is wrong.") { files, dry, yes, output };
        import.Validators.Add(found =>
        {
            if (found.GetValue(dry) == found.GetValue(yes)) found.AddError("Either --dry-run, which shows the effect, or --yes, which imports, is needed.");
        });
        import.SetAction(result => Import(result.GetRequiredValue(files), FileOf(ServerSettings.DataOf(args, result, data)), result.GetValue(dry), result.GetValue(output), result.InvocationConfiguration));
        return import;
    }

    private static int Import(string[] paths, string history, bool isDry, OutputFormat output, InvocationConfiguration streams)
    {
        if (Read(paths, streams.Error) is not { } read) return ExitCode.Failed;
        ConfigurationImport done;
        // Looking makes no file.
        if (isDry && !File.Exists(history)) done = ConfigurationImport.Plan(0, TollConfiguration.Empty, read, _clock.GetUtcNow());
        else
        {
            using var store = SqliteTollConfigurationStore.Open(history);
            done = isDry ? store.Plan(read, _clock.GetUtcNow()) : store.Import(read, Environment.UserName, _clock.GetUtcNow());
        }
        if (!Say(done.Load, streams.Error, "Nothing was changed")) return ExitCode.Failed;
        RowWriter.Write(streams.Output, output, _effectColumns, done.Effect.Rows.Select(row => (IReadOnlyList<object?>)
            [row.Corridor, row.What, row.VehicleClass, row.Days, row.Time, Show(row.From), row.To is { } to ? Show(to) : null, row.DayCount == 0 ? null : row.DayCount, row.Before, row.After]));
        foreach (var register in done.Effect.Registers)
            streams.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{register.Register}: {register.Added:N0} new, {register.Changed:N0} changed, {register.Removed:N0} removed."));
        streams.Error.WriteLine(done.IsRepeat ? $"All of it was imported before; {done.Number} stands."
            : isDry ? "Nothing was imported: --yes does it."
            : $"Imported as {done.Number}{(done.Effect.From is { } from ? $"; what was charged from {Show(from)} on is rated again" : "")}.");
        return ExitCode.Done;
    }

    private Command List()
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists what was imported, the newest first.") { output };
        list.SetAction(result =>
        {
            var history = FileOf(ServerSettings.DataOf(args, result, data));
            IReadOnlyList<StoredConfiguration> states = [];
            if (File.Exists(history))
            {
                using var store = SqliteTollConfigurationStore.Open(history);
                states = store.History();
            }
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _historyColumns, states.Select(state => (IReadOnlyList<object?>)
                [state.Number, state.Imported, state.By, state.Effective is { } day ? Show(day) : null, string.Join(" ", state.Files), state.Hash]));
            return ExitCode.Done;
        });
        return list;
    }

    /// <returns>Null where one is too large, which has been said.</returns>
    /// <exception cref="CommandException">One is not there or cannot be read.</exception>
    private static List<ConfigFile>? Read(string[] paths, TextWriter talk)
    {
        var (files, isTooLarge) = (new List<ConfigFile>(), false);
        foreach (var path in paths)
        {
            if (!File.Exists(path)) throw new CommandException(ExitCode.NotFound, $"There is no file {path}.");
            try
            {
                if (ConfigFile.Read(path, out var issue) is { } file) files.Add(file);
                else
                {
                    talk.WriteLine($"{issue}. Nothing was changed.");
                    isTooLarge = true;
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"{path} cannot be read: {error.Message}", error);
            }
        }
        return isTooLarge ? null : files;
    }

    /// <returns>Whether there is a configuration.</returns>
    private static bool Say(TollConfigurationLoad load, TextWriter talk, string end)
    {
        foreach (var error in load.Errors) talk.WriteLine($"{error}.");
        foreach (var warning in load.Warnings) talk.WriteLine($"Note: {warning}.");
        if (load.Configuration is not null) return true;
        talk.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{load.Errors.Count:N0} errors. {end}; put them right and try again."));
        return false;
    }

    private static string Show(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
