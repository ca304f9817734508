using System.Data.Common;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Postgres;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Hosting.Operations;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>
/// Takes stored toll events to passages, charges and the ledger. A ledger that is down delays it alone: events, passages and charges are kept, and chains
/// wait with their ids.
/// </summary>
internal sealed class TollService : BackgroundService, IHealthPart
{
    private const int CellsOfStep = 64, DaysOfStep = 2_000, ChainsOfStep = 1_000;
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(1), _retryRefused = TimeSpan.FromSeconds(30), _backOffMax = TimeSpan.FromSeconds(30);

    private readonly ServerOptions _options;
    private readonly TollRulesSource _rules;
    private readonly TimeProvider _clock;
    private readonly ILogger<TollService> _logger;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly SqlitePassageStore _store;
    private readonly Lazy<ITollLedger> _ledger;
    private TollCharging? _charging;
    private long _refusedTriedAt;
    private int _waiting;

    public TollService(ServerOptions options, TollEventConsumer events, TollRulesSource rules, TimeProvider clock, ILogger<TollService> logger)
    {
        (_options, _rules, _clock, _logger) = (options, rules, clock, logger);
        // After the events' store, which makes the file.
        _store = new SqlitePassageStore(FileOf(options), CorrelationOptions.Default);
        _ledger = new Lazy<ITollLedger>(() => OpenLedger(options, clock), LazyThreadSafetyMode.PublicationOnly);
        events.Stored += Wake;
    }

    /// <summary>The file of events, passages and charges.</summary>
    public static string FileOf(ServerOptions options) => Path.Combine(options.Data, "tolling", "tolling.db");

    /// <summary>Opens the ledger that the settings name.</summary>
    public static ITollLedger OpenLedger(ServerOptions options, TimeProvider clock)
    {
        var toll = options.Toll;
        var identity = new LedgerIdentity(toll.Ledger, toll.Currency, toll.Scale);
        return toll.Postgres is null
            ? SqliteTollLedger.Open(Path.Combine(options.Data, "tolling", "ledger.db"), identity, clock)
            : PostgresTollLedger.Open(ConnectionString(toll), identity, clock);
    }

    /// <summary>The ledger.</summary>
    /// <exception cref="DbException">It cannot be opened now.</exception>
    public ITollLedger Ledger => _ledger.Value;

    /// <inheritdoc/>
    public string Name => "tolls";

    /// <inheritdoc/>
    public string? Trouble { get; private set; }

    /// <inheritdoc/>
    public string? Warning => _rules.Current is null && _waiting > 0 ? "toll events wait: no configuration was imported; import one with smartcity toll config import" : null;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _store.Dispose();
        if (_ledger.IsValueCreated) _ledger.Value.Dispose();
        _signal.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                if (!Step()) await RestAsync(stoppingToken);
                if (Trouble is not null) _logger.TollsRecovered();
                (failures, Trouble) = (0, null);
            }
            catch (Exception error) when (error is DbException or IOException or TimeoutException or InvalidOperationException)
            {
                if (Trouble is null) _logger.TollsDelayed(error.Message);
                Trouble = error.Message;
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(_backOffMax.TotalSeconds, 1 << Math.Min(failures++, 10))), _clock, stoppingToken);
            }
        }
    }

    /// <summary>Does some of the work.</summary>
    /// <returns>Whether there may be more.</returns>
    private bool Step()
    {
        _rules.Refresh();
        Apply();
        var charging = _charging ??= new TollCharging(_store, Ledger, CorrelationOptions.Default, _options.Toll.Plan, _clock);
        _waiting = _store.Dirty(_ => true, 1).Count;
        var changed = _rules.Current is { } rules ? charging.Correlate(rules, CellsOfStep) + charging.Rate(rules, DaysOfStep) : 0;
        var sent = charging.Post(PostingState.Waiting, ChainsOfStep);
        if (_clock.GetElapsedTime(_refusedTriedAt) >= _retryRefused)
        {
            _refusedTriedAt = _clock.GetTimestamp();
            charging.Post(PostingState.Refused, ChainsOfStep);
        }
        return changed > 0 || sent.Posted + sent.NotPosted > 0;
    }

    /// <summary>What a configuration changes is correlated and rated again; a period that is sealed keeps its passages.</summary>
    private void Apply()
    {
        var applied = _store.AppliedConfiguration;
        if (_rules.Number == applied) return;
        var open = Ledger.Periods().LastOrDefault(period => period.State == PeriodState.Sealed) is { } seal ? seal.To.AddDays(1) : DateOnly.MinValue;
        var changed = _rules.EffectiveAfter(applied) is { } effective && effective < open ? effective : open;
        _store.Begin();
        _store.Apply(_rules.Number, open, changed);
        _store.Commit();
    }

    private void Wake()
    {
        if (_signal.CurrentCount > 0) return;
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it.
        }
    }

    private async Task RestAsync(CancellationToken cancellationToken) => await _signal.WaitAsync(_rest, cancellationToken);

    private static string ConnectionString(TollOptions toll)
    {
        var builder = new Npgsql.NpgsqlConnectionStringBuilder(toll.Postgres);
        if (toll.PostgresPassword is { } password) builder.Password = password;
        return builder.ToString();
    }
}
