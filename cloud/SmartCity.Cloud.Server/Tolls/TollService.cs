using System.Collections.Concurrent;
using System.Data.Common;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Tolling;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>
/// Takes stored toll events to passages, charges and the ledger. A ledger that is down delays it alone: events, passages and charges are kept, and chains
/// wait with their ids.
/// </summary>
internal sealed class TollService : BackgroundService, IHealthPart
{
    private const int CellsOfStep = 64, DaysOfStep = 2_000, ChainsOfStep = 1_000, LanesNamed = 5;
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(1), _sweepEvery = TimeSpan.FromSeconds(30), _backOffMax = TimeSpan.FromSeconds(30);
    private static readonly PassageSchedule _schedule = new() { Quiet = TimeSpan.FromSeconds(1), DelayMax = TimeSpan.FromSeconds(3) };

    private readonly ServerOptions _options;
    private readonly TollRulesSource _rules;
    private readonly TimeProvider _clock;
    private readonly ILogger<TollService> _logger;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Lazy<PassageStore> _store;
    private readonly Lazy<ITollLedger> _ledger;
    private readonly TollEventConsumer _events;
    private readonly Subject<TollArrivals> _arrivals = new();
    private readonly ConcurrentQueue<DirtyWindow> _due = new();
    private readonly IDisposable _windows;
    private readonly TollBooks _books;
    private readonly TimeZoneInfo _zone;
    private TollCharging? _charging;
    private ClaimBook? _claims;
    private long _sweptAt;
    /// <summary>Whether all that is dirty is done, not only what is due: at the start, after a change of rules, and now and then for what no arrival tells of.</summary>
    private bool _isSweeping = true;
    private int _waiting;
    /// <summary>Lanes that no configuration has and of which something waits.</summary>
    private IReadOnlyList<string> _unknown = [];

    public TollService(ServerOptions options, TollBooks books, TollEventConsumer events, TollRulesSource rules, TimeProvider clock, ILogger<TollService> logger)
    {
        (_options, _events, _rules, _clock, _logger) = (options, events, rules, clock, logger);
        (_books, _zone) = (books, TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone));
        // When they are needed: a PostgreSQL that is down must not keep the server from starting.
        _store = new Lazy<PassageStore>(books.OpenPassages, LazyThreadSafetyMode.PublicationOnly);
        _ledger = new Lazy<ITollLedger>(() => books.OpenLedger(clock), LazyThreadSafetyMode.PublicationOnly);
        _windows = new PassageScheduler(_schedule, CorrelationOptions.Default, DefaultScheduler.Instance).Schedule(_arrivals).Subscribe(window =>
        {
            _due.Enqueue(window);
            Wake();
        });
        events.Stored += Arrive;
    }

    /// <summary>The ledger.</summary>
    /// <exception cref="DbException">It cannot be opened now.</exception>
    public ITollLedger Ledger => _ledger.Value;

    private PassageStore Store => _store.Value;

    /// <inheritdoc/>
    public string Name => "tolls";

    /// <inheritdoc/>
    public string? Trouble { get; private set; }

    /// <inheritdoc/>
    public string? Warning => _rules.Current is null && _waiting > 0 ? "toll events wait: no configuration was imported; import one with smartcity toll config import"
        : _unknown.Count > 0 ? $"toll events of lanes wait that no configuration has: {string.Join(", ", _unknown.Take(LanesNamed))}{(_unknown.Count > LanesNamed ? ", …" : "")}; import a corridor with them, or correct the devices" : null;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _events.Stored -= Arrive;
        base.Dispose();
        // Where the host did not stop it first, a step may still be at work on the files that are closed here.
        if (ExecuteTask is { } running) Task.WaitAny([running], TimeSpan.FromSeconds(10));
        _windows.Dispose();
        _arrivals.Dispose();
        _claims?.Dispose();
        if (_store.IsValueCreated) _store.Value.Dispose();
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
            catch (Exception error) when (error is not OperationCanceledException)
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
        var charging = _charging ??= new TollCharging(Store, Ledger, CorrelationOptions.Default, _options.Toll.Plan, _clock);
        _waiting = Store.Dirty(_ => true, 1).Count;
        if (_clock.GetElapsedTime(_sweptAt) >= _sweepEvery)
        {
            (_sweptAt, _isSweeping) = (_clock.GetTimestamp(), true);
            _unknown = _rules.Current is { } known ? [.. Store.Dirty(cell => known.PointOf(cell.Lane) is null, DaysOfStep).Select(cell => cell.Lane).Distinct().Order(StringComparer.Ordinal)] : [];
            charging.Post(PostingState.Refused, ChainsOfStep);
            // Imports send what follows from them themselves; this is for what a crash or a ledger that was down left behind.
            if (_books.HasClaims) (_claims ??= _books.OpenClaims(_zone, _clock)).Send(Ledger, _options.Toll.Plan, alsoRefused: true);
        }
        var (sent, changed) = charging.PostBeside(ChainsOfStep, () => (_rules.Current is { } rules ? Correlate(charging, rules) + charging.Rate(rules, DaysOfStep) : 0) + charging.Adjust(ChainsOfStep));
        return changed + sent.Posted + sent.NotPosted > 0;
    }

    private int Correlate(TollCharging charging, ConfiguredRules rules)
    {
        if (_isSweeping)
        {
            var swept = charging.Correlate(rules, CellsOfStep);
            _isSweeping = swept > 0;
            return swept;
        }
        var due = new HashSet<(string, long)>();
        while (due.Count < CellsOfStep && _due.TryDequeue(out var window)) due.Add((window.TollPoint, window.Window.From));
        return due.Count == 0 ? 0 : charging.Correlate(rules, int.MaxValue, (point, start) => due.Contains((point, start)));
    }

    /// <summary>Events of lanes that nobody knows yet wait for rules that do.</summary>
    private void Arrive(IReadOnlyList<(string Gateway, TollEvent Event)> events)
    {
        if (_rules.Current is not { } rules) return;
        foreach (var point in events.Select(one => (Point: rules.PointOf(one.Event.Lane), one.Event)).Where(one => one.Point is not null).GroupBy(one => one.Point!.Id, one => one.Event, StringComparer.Ordinal))
            _arrivals.OnNext(new TollArrivals(point.Key, [.. point.SelectMany(e => EventClock.TimesOf(e, CorrelationOptions.Default))]));
    }

    /// <summary>What a configuration changes is correlated and rated again; a period that is sealed keeps its passages.</summary>
    private void Apply()
    {
        var applied = Store.AppliedConfiguration;
        if (_rules.Number == applied) return;
        var open = Ledger.Periods().LastOrDefault(period => period.State == PeriodState.Sealed) is { } seal ? seal.To.AddDays(1) : DateOnly.MinValue;
        var changed = _rules.EffectiveAfter(applied) is { } effective && effective < open ? effective : open;
        Store.Begin();
        try
        {
            Store.Apply(_rules.Number, open, changed);
            Store.Commit();
        }
        catch
        {
            Store.Abandon();
            throw;
        }
        _isSweeping = true;
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
}
