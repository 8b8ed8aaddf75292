using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace QuicProChat.Mesh.Identity.Qr;

/// <summary>How much of a symbol may be lost (ISO/IEC 18004, section 7.5.1).</summary>
public enum QrLevel
{
    /// <summary>About 7 %.</summary>
    Low,

    /// <summary>About 15 %.</summary>
    Medium,

    /// <summary>About 25 %.</summary>
    Quartile,

    /// <summary>About 30 %.</summary>
    High,
}

/// <summary>
/// A QR code (ISO/IEC 18004, model 2): made from one text in byte mode, or in alphanumeric mode where every character
/// allows it (Bech32m in upper case does).
/// </summary>
public sealed class QrCode
{
    // Section 6.3.8: light modules around the symbol.
    private const int QuietZone = 4;

    private readonly bool[,] _modules;

    internal QrCode(bool[,] modules, int version, int mask)
    {
        _modules = modules;
        Version = version;
        Mask = mask;
    }

    /// <summary>1 to 40.</summary>
    public int Version { get; }

    /// <summary>0 to 7.</summary>
    public int Mask { get; }

    /// <summary>Modules on one side, without the quiet zone.</summary>
    public int Size => _modules.GetLength(0);

    /// <summary>True for a dark module; outside the symbol all is light.</summary>
    public bool this[int x, int y] => (uint)x < (uint)Size && (uint)y < (uint)Size && _modules[y, x];

    /// <summary>Makes the smallest symbol that holds a text; false if none does (2,953 bytes fit at level low).</summary>
    public static bool TryCreate(string text, QrLevel level, [NotNullWhen(true)] out QrCode? code)
    {
        code = null;
        if (!QrData.TryEncode(text, level, out int version, out byte[]? codewords))
            return false;
        code = QrMatrix.Build(version, level, QrErrorCorrection.Interleave(codewords, version, level));
        return true;
    }

    /// <summary>
    /// Draws it for a terminal, two modules to a character (UTF-8 half blocks), with the quiet zone. Light modules are
    /// drawn, which is right for light text on a dark ground.
    /// </summary>
    /// <param name="inverted">For dark text on a light ground.</param>
    public string ToText(bool inverted = false)
    {
        StringBuilder text = new();
        for (int y = -QuietZone; y < Size + QuietZone; y += 2)
        {
            for (int x = -QuietZone; x < Size + QuietZone; x++)
            {
                bool upper = this[x, y] == inverted;
                bool lower = this[x, y + 1] == inverted && y + 1 < Size + QuietZone;
                text.Append((upper, lower) switch
                {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    _ => ' ',
                });
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
