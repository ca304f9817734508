using System.Text;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>Text with <c>{columns}</c> of a row.</summary>
internal sealed class RowTemplate
{
    private readonly List<(string? Text, string? Column)> _parts = [];

    public RowTemplate(string text)
    {
        while (text.Length > 0)
        {
            var open = text.IndexOf('{', StringComparison.Ordinal);
            var close = open < 0 ? -1 : text.IndexOf('}', open);
            if (close < 0)
            {
                _parts.Add((text, null));
                break;
            }
            if (open > 0) _parts.Add((text[..open], null));
            _parts.Add((null, text[(open + 1)..close]));
            text = text[(close + 1)..];
        }
    }

    /// <summary>The columns it names.</summary>
    public IEnumerable<string> Columns => _parts.Where(part => part.Column is not null).Select(part => part.Column!);

    /// <summary>The text of a row.</summary>
    public string Of(Func<string, string> cell)
    {
        if (_parts is [(null, { } only)]) return cell(only);
        var text = new StringBuilder();
        foreach (var (part, column) in _parts) text.Append(part ?? cell(column!));
        return text.ToString();
    }
}
