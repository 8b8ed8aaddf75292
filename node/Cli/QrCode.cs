using System.Diagnostics.CodeAnalysis;
using System.Text;
using QRCoder;
using QRCoder.Exceptions;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>How much of a symbol may be unreadable (ISO/IEC 18004).</summary>
internal enum QrLevel
{
    /// <summary>7 %.</summary>
    Low = QRCodeGenerator.ECCLevel.L,

    /// <summary>15 %.</summary>
    Medium = QRCodeGenerator.ECCLevel.M,

    /// <summary>25 %.</summary>
    Quartile = QRCodeGenerator.ECCLevel.Q,

    /// <summary>30 %.</summary>
    High = QRCodeGenerator.ECCLevel.H,
}

/// <summary>A QR code symbol. Text of capitals and digits alone takes less room than other text.</summary>
internal sealed class QrCode
{
    /// <summary>Light modules around a symbol (section 6.3.8 of the standard); the package draws them too.</summary>
    internal const int QuietZone = 4;

    /// <summary>Modules on a side of version 1, and how many more each version has.</summary>
    private const int SmallestSize = 21, SizeStep = 4;

    private readonly QRCodeData _data;

    private QrCode(QRCodeData data) => _data = data;

    /// <summary>Modules on a side.</summary>
    internal int Size => _data.ModuleMatrix.Count - 2 * QuietZone;

    /// <summary>1 to 40.</summary>
    internal int Version => (Size - SmallestSize) / SizeStep + 1;

    /// <summary>Whether a module is dark; all outside of the symbol are light.</summary>
    internal bool this[int x, int y] =>
        (uint)x < (uint)Size && (uint)y < (uint)Size && _data.ModuleMatrix[y + QuietZone][x + QuietZone];

    /// <summary>Makes the smallest symbol that holds a text; false if none does.</summary>
    internal static bool TryCreate(string text, QrLevel level, [NotNullWhen(true)] out QrCode? code)
    {
        code = null;
        try
        {
            // Everything beyond ASCII is UTF-8, which readers recognise; the package's own choice would be Latin-1.
            code = new QrCode(
                QRCodeGenerator.GenerateQrCode(text, (QRCodeGenerator.ECCLevel)level, forceUtf8: !Ascii.IsValid(text)));
            return true;
        }
        catch (DataTooLongException)
        {
            return false;
        }
    }

    /// <summary>
    /// Draws it with half blocks, two modules to a character: light ink on a dark ground, or the negative.
    /// </summary>
    internal string ToText(bool inverted = false)
    {
        var text = new StringBuilder();
        for (int y = -QuietZone; y < Size + QuietZone; y += 2)
        {
            for (int x = -QuietZone; x < Size + QuietZone; x++)
            {
                bool upper = this[x, y] == inverted;
                bool lower = this[x, y + 1] == inverted && y + 1 < Size + QuietZone;
                text.Append(upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ');
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
