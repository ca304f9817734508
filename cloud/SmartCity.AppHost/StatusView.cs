using System.Globalization;
using Spectre.Console;

namespace SmartCity.AppHost;

/// <summary>Shows how the parts stand: a table in place on a terminal, a line for each change off it. Thread-safe.</summary>
internal sealed class StatusView(TextWriter talk, bool isTerminal)
{
    private readonly Lock _lock = new();
    private IReadOnlyList<Part> _parts = [];
    private LiveDisplayContext? _live;
    private string _note = "";

    /// <summary>Shows the parts until <paramref name="work"/> has ended.</summary>
    public async Task<T> ShowAsync<T>(IReadOnlyList<Part> parts, Func<Task<T>> work)
    {
        _parts = parts;
        if (!isTerminal) return await work();
        return await AnsiConsole.Live(Table()).StartAsync(async live =>
        {
            lock (_lock) _live = live;
            try
            {
                return await work();
            }
            finally
            {
                lock (_lock) _live = null;
            }
        });
    }

    public void Changed(Part part, PartStatus status)
    {
        lock (_lock)
        {
            if (isTerminal) Refresh();
            else talk.WriteLine($"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {part.Name}: {Text(status)}");
        }
    }

    public void Say(string text)
    {
        lock (_lock)
        {
            _note = text;
            if (isTerminal) Refresh();
            else talk.WriteLine(text);
        }
    }

    private void Refresh() => _live?.UpdateTarget(Table());

    private Table Table()
    {
        var table = new Table().RoundedBorder().AddColumns("Part", "State", "Process", "Restarts", "");
        foreach (var part in _parts)
        {
            var colour = part.Status.State switch
            {
                PartState.Healthy or PartState.Done => "green",
                PartState.Crashed or PartState.Refused => "red",
                PartState.Unwell or PartState.Starting => "yellow",
                _ => "grey",
            };
            table.AddRow(part.Name, $"[{colour}]{part.Status.State.ToString().ToLowerInvariant()}[/]", part.Status.ProcessId?.ToString(CultureInfo.InvariantCulture) ?? "",
                part.Status.Restarts.ToString(CultureInfo.InvariantCulture), Markup.Escape(part.Status.Reason ?? ""));
        }
        return _note.Length == 0 ? table : table.Caption(Markup.Escape(_note));
    }

    private static string Text(PartStatus status) =>
        status.State.ToString().ToLowerInvariant() + (status.ProcessId is { } id ? $" (process {id})" : "") + (status.Reason is { } reason ? $": {reason}" : "");
}
