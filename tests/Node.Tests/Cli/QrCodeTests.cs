using System.Diagnostics;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Tests.Cli;

// The independent implementations: zbar reads what we draw, qrencode says how large a symbol should be.
public sealed class QrCodeTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("qpc-qr-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData((int)QrLevel.Low)]
    [InlineData((int)QrLevel.Medium)]
    [InlineData((int)QrLevel.Quartile)]
    [InlineData((int)QrLevel.High)]
    public void Zbar_reads_symbols_of_every_version(int level)
    {
        Dictionary<int, string> texts = [];
        Random random = new(7);
        for (int length = 1; texts.Count < 40; length += length < 100 ? 3 : 15)
        {
            string text = new([.. Enumerable.Range(0, length).Select(_ => (char)random.Next('a', 'z' + 1))]);
            if (!QrCode.TryCreate(text, (QrLevel)level, out QrCode? code))
                break;
            if (texts.TryAdd(code.Version, text))
                Draw(code, $"{code.Version:00}.pgm");
        }

        Assert.Equal(Enumerable.Range(1, 40), texts.Keys.Order());
        string[] files = [.. texts.Keys.Order().Select(v => $"{v:00}.pgm")];
        string[] read = Run("zbarimg", ["-q", "--raw", "-Sdisable", "-Sqrcode.enable", .. files])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(texts.OrderBy(t => t.Key).Select(t => t.Value), read);
    }

    [Fact]
    public void Zbar_reads_a_backup_string_drawn_for_a_terminal()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        string text = BackupString.Export(identity).ToUpperInvariant();
        Assert.True(QrCode.TryCreate(text, QrLevel.Medium, out QrCode? code));
        Draw(code.ToText().Split('\n', StringSplitOptions.RemoveEmptyEntries), "terminal.pgm");
        Assert.Equal(text + "\n", Run("zbarimg", ["-q", "--raw", "terminal.pgm"]));
    }

    [Fact]
    public void Zbar_reads_text_beyond_ASCII()
    {
        Assert.True(QrCode.TryCreate("Grüße aus Köln ✉", QrLevel.Quartile, out QrCode? code));
        Draw(code, "utf8.pgm");
        Assert.Equal("Grüße aus Köln ✉\n", Run("zbarimg", ["-q", "--raw", "utf8.pgm"]));
    }

    [Theory]
    [InlineData((int)QrLevel.Low, "L", "HELLO WORLD")]
    [InlineData((int)QrLevel.Medium, "M", "hello world, in lower case and therefore bytes")]
    [InlineData((int)QrLevel.High, "H", "QPCSECRET1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQQ")]
    public void Symbols_have_the_size_that_qrencode_gives_them(int level, string name, string text)
    {
        Assert.True(QrCode.TryCreate(text, (QrLevel)level, out QrCode? code));
        string[] lines = Run("qrencode", ["-t", "ASCII", "-m", "0", "-l", name, text])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Length, code.Size);
    }

    [Fact]
    public void A_symbol_of_level_high_survives_a_stain()
    {
        Assert.True(QrCode.TryCreate("a stained but readable text, long enough for version five or so", QrLevel.High,
            out QrCode? code));
        bool Stained(int x, int y) => (x is >= 12 and < 20 && y is >= 12 and < 20) || code[x, y];
        DrawModules(code.Size, Stained, "stain.pgm");
        Assert.Equal("a stained but readable text, long enough for version five or so\n",
            Run("zbarimg", ["-q", "--raw", "stain.pgm"]));
    }

    [Fact]
    public void Too_much_text_makes_no_symbol()
    {
        Assert.True(QrCode.TryCreate(new string('x', 2953), QrLevel.Low, out _));
        Assert.False(QrCode.TryCreate(new string('x', 2954), QrLevel.Low, out _));
        Assert.True(QrCode.TryCreate(new string('X', 4296), QrLevel.Low, out _));
        Assert.False(QrCode.TryCreate(new string('X', 4297), QrLevel.Low, out _));
    }

    [Fact]
    public void The_inverted_drawing_is_the_negative()
    {
        Assert.True(QrCode.TryCreate("x", QrLevel.Low, out QrCode? code));
        string[] normal = code.ToText().Split('\n'), inverted = code.ToText(inverted: true).Split('\n');
        Assert.Equal(normal.Length, inverted.Length);
        Assert.All(normal[0], c => Assert.Equal('█', c));
        Assert.All(inverted[0], c => Assert.Equal(' ', c));
    }

    private void Draw(QrCode code, string name) => DrawModules(code.Size, (x, y) => code[x, y], name);

    private void DrawModules(int size, Func<int, int, bool> dark, string name)
    {
        const int scale = 3, margin = 4;
        int side = (size + 2 * margin) * scale;
        using FileStream file = File.Create(Path.Combine(_directory.FullName, name));
        file.Write(Encoding.ASCII.GetBytes($"P5 {side} {side} 255\n"));
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
                file.WriteByte(dark(x / scale - margin, y / scale - margin) ? (byte)0 : (byte)255);
        }
    }

    /// <summary>What a terminal shows: light ink on a dark ground.</summary>
    private void Draw(string[] lines, string name)
    {
        int columns = lines[0].Length;
        Assert.All(lines, line => Assert.Equal(columns, line.Length));
        const int scale = 4;
        using FileStream file = File.Create(Path.Combine(_directory.FullName, name));
        file.Write(Encoding.ASCII.GetBytes($"P5 {columns * scale} {lines.Length * 2 * scale} 255\n"));
        for (int y = 0; y < lines.Length * 2 * scale; y++)
        {
            char[] ink = y / scale % 2 == 0 ? ['█', '▀'] : ['█', '▄'];
            for (int x = 0; x < columns * scale; x++)
                file.WriteByte(ink.Contains(lines[y / scale / 2][x / scale]) ? (byte)255 : (byte)0);
        }
    }

    private string Run(string program, string[] arguments)
    {
        ProcessStartInfo start =
            new(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = _directory.FullName };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
