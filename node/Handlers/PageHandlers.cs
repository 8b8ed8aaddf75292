using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Page;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about the page in the browser.</summary>
internal static class PageHandlers
{
    /// <summary>Bytes of a text for a QR code; a symbol holds less (ISO/IEC 18004, table 7).</summary>
    private const int MaxCodeText = 2953;

    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.PageLink, Link),
        CommandHandler.For(Commands.PageClose, CloseAsync),
        CommandHandler.For(Commands.PageCode, Code),
    ];

    private static PageLinkInfo Link(MeshNode node, NoArguments request) =>
        new(PageOf(node).NewLink(), (int)PageAccess.LinkLife.TotalSeconds);

    private static async Task<DoneInfo> CloseAsync(MeshNode node, NoArguments request)
    {
        await PageOf(node).CloseAllAsync().ConfigureAwait(false);
        return new DoneInfo("every page is logged out");
    }

    private static PageCodeInfo Code(MeshNode node, PageCodeRequest request)
    {
        if (request.Text is not { Length: > 0 and <= MaxCodeText } text)
            throw ControlException.Usage($"page-code needs \"text\": 1 to {MaxCodeText} bytes");
        if (!QrCode.TryCreate(text, QrLevel.Low, out QrCode? code))
            throw ControlException.Refused("this text is too long for a QR code");
        string[] rows = new string[code.Size];
        for (int y = 0; y < rows.Length; y++)
            rows[y] = string.Create(code.Size, (code, y), static (row, of) =>
            {
                for (int x = 0; x < row.Length; x++)
                    row[x] = of.code[x, of.y] ? '1' : '0';
            });
        return new PageCodeInfo(code.Size, rows);
    }

    private static PageServer PageOf(MeshNode node) => node.Page ?? throw ControlException.Refused(
        "this node serves no page: put \"webListen\": \"127.0.0.1:8420\" into its configuration and start it anew");
}
