using System.Text;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// QR codes on a terminal: two modules to a character where it can show that, else one to two characters of ASCII.
/// </summary>
internal static class QrDrawing
{
    private const string Probe = "█▀▄";

    /// <summary>Draws a text; says so where it is too long for a code.</summary>
    internal static void Write(TextWriter output, string text, QrLevel level)
    {
        if (!QrCode.TryCreate(text, level, out QrCode? code))
            output.WriteLine("(too long for a QR code)");
        else
            output.WriteLine(CanShow(Console.OutputEncoding) ? code.ToText() : ToAscii(code));
    }

    /// <summary>Tells whether an encoding has half blocks.</summary>
    internal static bool CanShow(Encoding encoding) => encoding.GetString(encoding.GetBytes(Probe)) == Probe;

    /// <summary>Light modules are drawn, as with half blocks: right for light text on a dark ground.</summary>
    internal static string ToAscii(QrCode code)
    {
        var text = new StringBuilder();
        for (int y = -QrCode.QuietZone; y < code.Size + QrCode.QuietZone; y++)
        {
            for (int x = -QrCode.QuietZone; x < code.Size + QrCode.QuietZone; x++)
                text.Append(code[x, y] ? "  " : "##");
            text.Append('\n');
        }

        return text.ToString();
    }
}
