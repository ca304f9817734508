using QRCoder;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>Draws QR symbols, for pages as SVG and for terminals in half blocks.</summary>
internal static class QrSymbol
{
    /// <summary>An SVG element; the quiet zone of four modules is in it. Black on white whatever the theme: readers want it so.</summary>
    public static string Svg(string text)
    {
        var modules = Modules(text);
        var size = modules.Count;
        var path = new System.Text.StringBuilder();
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++)
            {
                if (!modules[y][x]) continue;
                var end = x;
                while (end < size && modules[y][end]) end++;
                path.Append(System.Globalization.CultureInfo.InvariantCulture, $"M{x} {y}h{end - x}v1h-{end - x}z");
                x = end;
            }
        return $"<svg class=\"qr\" viewBox=\"0 0 {size} {size}\" role=\"img\" shape-rendering=\"crispEdges\"><rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/><path fill=\"#000\" d=\"{path}\"/></svg>";
    }

    /// <summary>Lines for a terminal, two rows of modules each; dark modules are blanks, so that it is read on a dark ground, and inverted readers read it on a light one.</summary>
    public static string Text(string text)
    {
        var modules = Modules(text);
        var lines = new System.Text.StringBuilder();
        for (var y = 0; y < modules.Count; y += 2)
        {
            for (var x = 0; x < modules.Count; x++)
                lines.Append((modules[y][x], y + 1 < modules.Count && modules[y + 1][x]) switch { (false, false) => '█', (false, true) => '▀', (true, false) => '▄', _ => ' ' });
            lines.Append('\n');
        }
        return lines.ToString();
    }

    private static List<System.Collections.BitArray> Modules(string text)
    {
        // M: a scratched or wet label is still read.
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        return data.ModuleMatrix;
    }
}
