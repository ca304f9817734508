using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>
/// HTML under construction. What stands in a literal is markup; what is filled into it is text and is escaped, whatever it holds: device names, topics
/// and payloads are hostile until proven otherwise. There is no way to fill in markup but another <see cref="Html"/>.
/// </summary>
internal sealed class Html
{
    private static readonly HtmlEncoder _encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private readonly StringBuilder _text = new(8_192);

    /// <summary>Adds markup with its holes escaped.</summary>
    public Html Add([InterpolatedStringHandlerArgument("")] ref Markup markup)
    {
        _ = markup;
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>Writes an interpolated string into its <see cref="Html"/>.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Markup
    {
        private readonly StringBuilder _text;

        public Markup(int literalLength, int holes, Html html)
        {
            _ = (literalLength, holes);
            _text = html._text;
        }

        public void AppendLiteral(string markup) => _text.Append(markup);

        public void AppendFormatted(string? text) => _text.Append(_encoder.Encode(text ?? ""));

        public void AppendFormatted(int number) => _text.Append(number);

        public void AppendFormatted(long number) => _text.Append(number);

        public void AppendFormatted(Html inner) => _text.Append(inner._text);
    }
}
