using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>Reads XML of strangers: UTF-8 alone, no document type and so no entities, one child of a list at a time, each error with its line.</summary>
internal static class StrictXml
{
    private const int DepthMax = 32;

    private static readonly XmlReaderSettings _settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, IgnoreWhitespace = true, MaxCharactersInDocument = BankOrAnswerFile.BytesMax,
    };

    /// <summary>Reads a document.</summary>
    /// <param name="content">Bytes.</param>
    /// <param name="read">Reads it, from the root element on.</param>
    /// <exception cref="FileRefusedException">It is not what is expected.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> content, Func<XmlReader, T> read)
    {
        if (content.Span is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..]) throw new FileRefusedException("byte 1", "the file is UTF-16; UTF-8 is needed");
        if (content.Span.Contains((byte)0)) throw new FileRefusedException($"byte {content.Span.IndexOf((byte)0) + 1}", "there is a NUL; UTF-8 text is needed");
        try
        {
            using var xml = XmlReader.Create(new MemoryStream(content.ToArray(), writable: false), _settings);
            while (xml.Read() && xml.NodeType != XmlNodeType.Element)
                if (xml.NodeType == XmlNodeType.XmlDeclaration && xml.GetAttribute("encoding") is { } encoding && !encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
                    throw new FileRefusedException(PlaceOf(xml), $"the encoding is {encoding}; UTF-8 is needed");
            var result = read(xml);
            // What stands behind the end must be XML too.
            while (xml.Read()) { }
            return result;
        }
        catch (XmlException error)
        {
            var place = error.LineNumber > 0 ? string.Create(CultureInfo.InvariantCulture, $"line {error.LineNumber}, column {error.LinePosition}") : "";
            throw new FileRefusedException(place, error.Message.Contains("DTD", StringComparison.Ordinal) ? "there is a document type; none is taken, nor any entity of one" : $"it is no XML in UTF-8: {error.Message}");
        }
    }

    /// <summary>The children of the element where the reader stands, each read whole and given up before the next.</summary>
    public static IEnumerable<XElement> Children(XmlReader xml)
    {
        var depth = xml.Depth;
        if (xml.IsEmptyElement) yield break;
        if (depth > DepthMax) throw new FileRefusedException(PlaceOf(xml), $"elements stand more than {DepthMax} deep in each other");
        xml.Read();
        while (!xml.EOF && xml.Depth > depth)
        {
            if (xml.NodeType == XmlNodeType.Element)
            {
                using var one = xml.ReadSubtree();
                var child = XElement.Load(one, LoadOptions.SetLineInfo);
                yield return child;
            }
            xml.Read();
        }
    }

    /// <summary>Goes to each child of the element where the reader stands; whoever looks at one leaves the reader on its end, or on it.</summary>
    public static IEnumerable<string> Steps(XmlReader xml)
    {
        var depth = xml.Depth;
        if (xml.IsEmptyElement) yield break;
        xml.Read();
        while (!xml.EOF && xml.Depth > depth)
        {
            if (xml.NodeType == XmlNodeType.Element && xml.Depth == depth + 1) yield return xml.LocalName;
            xml.Read();
        }
    }

    /// <summary>Reads the element where the reader stands whole; the reader stands on its end then.</summary>
    public static XElement Whole(XmlReader xml)
    {
        using var one = xml.ReadSubtree();
        return XElement.Load(one, LoadOptions.SetLineInfo);
    }

    /// <summary>Text of a child; null where there is none or it is empty.</summary>
    public static string? Text(XElement? parent, params ReadOnlySpan<string> path)
    {
        foreach (var name in path) parent = parent?.Elements().FirstOrDefault(child => child.Name.LocalName == name);
        return parent is not null && parent.Value.Trim() is { Length: > 0 } text ? text : null;
    }

    /// <summary>Text of a child that has to be there.</summary>
    public static string Need(XElement parent, params ReadOnlySpan<string> path) => Text(parent, path) ?? throw new FileRefusedException(PlaceOf(parent), $"{string.Join('/', path)} is missing or empty");

    /// <summary>Children of a name.</summary>
    public static IEnumerable<XElement> All(XElement? parent, string name) => parent?.Elements().Where(child => child.Name.LocalName == name) ?? [];

    /// <summary>A child of a name; null where there is none.</summary>
    public static XElement? One(XElement? parent, string name) => All(parent, name).FirstOrDefault();

    /// <summary>Where something stands.</summary>
    public static string PlaceOf(XObject node) => node is IXmlLineInfo line && line.HasLineInfo() ? string.Create(CultureInfo.InvariantCulture, $"line {line.LineNumber}, {(node as XElement)?.Name.LocalName}") : "";

    /// <summary>Where the reader stands.</summary>
    public static string PlaceOf(XmlReader xml) => xml is IXmlLineInfo line && line.HasLineInfo() ? string.Create(CultureInfo.InvariantCulture, $"line {line.LineNumber}{(xml.LocalName.Length > 0 ? ", " + xml.LocalName : "")}") : "";
}
