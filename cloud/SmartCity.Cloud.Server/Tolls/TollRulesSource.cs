using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>The rules of the newest configuration that was imported, by this process or another.</summary>
internal sealed class TollRulesSource(ServerOptions options, PlateVault vault) : IDisposable
{
    private readonly SqliteTollConfigurationStore _history = SqliteTollConfigurationStore.Open(TollConfigCommands.FileOf(options.Data));

    /// <summary>The history of configuration.</summary>
    public SqliteTollConfigurationStore History => _history;

    /// <summary>Number of the configuration of <see cref="Current"/>; 0 where none was imported.</summary>
    public int Number { get; private set; }

    /// <summary>The rules; null where no configuration was imported.</summary>
    public ConfiguredRules? Current { get; private set; }

    /// <summary>Takes up what was imported since; to be called by one thread.</summary>
    /// <exception cref="InvalidOperationException">It can no longer be read.</exception>
    public void Refresh()
    {
        if (_history.Newest is var newest && newest == Number) return;
        Current = new ConfiguredRules(_history.Current(), vault.PseudonymOf);
        Number = newest;
    }

    /// <summary>First day on which anything costs something else by the configurations after a number; null where nothing does.</summary>
    public DateOnly? EffectiveAfter(int number) => _history.History().Where(state => state.Number > number && state.Effective is not null).Min(state => state.Effective);

    public void Dispose() => _history.Dispose();
}
