using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Edge.Gateway;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Mqtt;
using SmartCity.Tests.Edge.Spool;

namespace SmartCity.Tests.Mqtt.Store;

/// <summary>A store that outlives the listeners of a test: each is a process that dies without a word.</summary>
internal abstract class DurableStore : IAsyncDisposable
{
    /// <summary>The store as a process finds it at its start.</summary>
    public abstract IMqttStore Open();

    /// <summary>The process of the last <see cref="Open"/> is no more: what it wrote and was not told to be complete may be gone, and what it writes from here on is.</summary>
    public abstract Task KillAsync();

    /// <summary>The process of the last <see cref="Open"/> is no more, and the next one finds what <see cref="Save"/> kept: an older state, restored from a copy.</summary>
    public abstract Task RestoreAsync();

    /// <summary>Keeps a copy of what is durable now, for <see cref="RestoreAsync"/>.</summary>
    public abstract void Save();

    /// <summary>Records that are durable now.</summary>
    public abstract int Count { get; }

    public abstract ValueTask DisposeAsync();
}

/// <summary>What the contract asks for, and nothing else: a dictionary and a thread that tells.</summary>
internal sealed class MemoryStore(long quotaBytes) : DurableStore
{
    private Dictionary<string, byte[]> _records = [];
    private Dictionary<string, byte[]> _saved = [];
    private Process? _process;
    private bool _isRestored;

    public override int Count
    {
        get { lock (this) return _records.Count; }
    }

    public override IMqttStore Open()
    {
        _process = new Process(this, !_isRestored);
        _isRestored = false;
        return _process;
    }

    public override Task KillAsync()
    {
        _process!.Kill();
        return Task.CompletedTask;
    }

    public override void Save() => _saved = new Dictionary<string, byte[]>(_records);

    public override Task RestoreAsync()
    {
        _process!.Kill();
        (_records, _isRestored) = (_saved, true);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _process?.Kill();
        return ValueTask.CompletedTask;
    }

    private bool Apply(MqttChanges changes)
    {
        lock (this)
        {
            var bytes = _records.Sum(record => record.Key.Length / 2 + record.Value.Length + 64L) + changes.Changes.Sum(change => change.Kind == MqttChangeKind.Put ? change.Key.Length + change.Value.Length + 64L : 0);
            if (bytes > quotaBytes && !changes.IsRemoval) return false;
            foreach (var change in changes.Changes)
            {
                var key = Convert.ToHexString(change.Key);
                if (change.Kind == MqttChangeKind.Put) _records[key] = change.Value;
                else if (change.Kind == MqttChangeKind.Remove) _records.Remove(key);
                else foreach (var one in _records.Keys.Where(one => one.StartsWith(key, StringComparison.Ordinal)).ToList()) _records.Remove(one);
            }
            return true;
        }
    }

    private sealed class Process : IMqttStore
    {
        private readonly BlockingCollection<MqttChanges> _written = [];
        private readonly MemoryStore _store;
        private readonly Thread _thread;

        public Process(MemoryStore store, bool isContinued)
        {
            (_store, IsContinued) = (store, isContinued);
            _thread = new Thread(() =>
            {
                foreach (var changes in _written.GetConsumingEnumerable()) changes.Complete(_store.Apply(changes));
            }) { IsBackground = true };
            _thread.Start();
        }

        public bool IsContinued { get; }

        public IEnumerable<KeyValuePair<byte[], byte[]>> Load()
        {
            lock (_store) return [.. _store._records.Select(record => new KeyValuePair<byte[], byte[]>(Convert.FromHexString(record.Key), record.Value))];
        }

        public void Write(MqttChanges changes)
        {
            try
            {
                _written.Add(changes);
            }
            catch (InvalidOperationException)
            {
                // The process is no more.
            }
        }

        public void Kill()
        {
            _written.CompleteAdding();
            _thread.Join();
        }
    }
}

/// <summary>The gateway's spool and commit loop.</summary>
internal sealed class SpoolStore(long quotaBytes) : DurableStore
{
    private SpoolFolder _folder = new();
    private SpoolFolder? _saved;
    private SmartCity.Edge.Spool.Spool? _spool;
    private Intake? _intake;
    private CommitLoop? _commits;
    private Process? _process;

    public override int Count => (int)_spool!.KeptCount;

    public override IMqttStore Open()
    {
        _spool = _folder.Open(_folder.Options() with { KeptQuotaBytes = quotaBytes });
        _intake = new Intake(_spool, new SpoolSettings(), new ClockTrust(TimeProvider.System), TimeProvider.System);
        var records = new MqttRecords(_spool, quotaBytes);
        _commits = new CommitLoop(_spool, _intake, new MqttHub(), NullLogger<CommitLoop>.Instance, static reason => Assert.Fail(reason), records);
        _commits.StartAsync(CancellationToken.None);
        return _process = new Process(records);
    }

    public override async Task KillAsync()
    {
        // As they are at this instant; the process goes on into a folder that nobody will look at again.
        var copy = _folder.CopyAsKilled();
        await EndAsync();
        _folder = copy;
    }

    public override void Save() => _saved = _folder.CopyAsKilled();

    public override async Task RestoreAsync()
    {
        await EndAsync();
        _folder = _saved!.CopyAsKilled();
        // Another file than the one that was opened last.
        _folder.Execute("UPDATE meta SET value='another/1' WHERE key='identity'");
    }

    public override async ValueTask DisposeAsync()
    {
        await EndAsync();
        _saved?.Dispose();
    }

    private async Task EndAsync()
    {
        if (_spool is null) return;
        _process!.IsOver = true;
        await _commits!.StopAsync(CancellationToken.None);
        _commits.Dispose();
        _intake!.Dispose();
        _spool.Dispose();
        _spool = null;
        _folder.Dispose();
    }

    /// <summary>What a listener holds on to that is still there although its process is no more.</summary>
    private sealed class Process(MqttRecords records) : IMqttStore
    {
        public bool IsOver { get; set; }
        public bool IsContinued => records.IsContinued;
        public IEnumerable<KeyValuePair<byte[], byte[]>> Load() => records.Load();

        public void Write(MqttChanges changes)
        {
            if (!IsOver) records.Write(changes);
        }
    }
}
