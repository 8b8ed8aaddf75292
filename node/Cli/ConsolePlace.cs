using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>The terminal that this program runs in.</summary>
internal sealed class ConsolePlace : IScreenPlace
{
    private static readonly ConsolePlace _instance = new();

    /// <summary>A screen that writes there.</summary>
    internal static Screen ScreenOn(TextWriter output) => new(output, _instance);

    /// <inheritdoc/>
    public DateTimeOffset ToLocal(DateTimeOffset time) => LocalTime.Of(time);

    /// <inheritdoc/>
    public void DrawCode(TextWriter output, string text) => QrDrawing.Write(output, text, QrLevel.Low);
}
