namespace QuicProChat.Mesh.Api;

/// <summary>What <c>page-code</c> takes.</summary>
public sealed record PageCodeRequest
{
    /// <summary>What the code shall say.</summary>
    public string? Text { get; set; }
}

/// <summary>A QR code.</summary>
/// <param name="Size">Modules on a side, without the light margin.</param>
/// <param name="Rows">A text for each row: <c>1</c> is dark, <c>0</c> is light.</param>
public sealed record PageCodeInfo(int Size, IReadOnlyList<string> Rows);

/// <content><c>page-code</c>.</content>
public static partial class Commands
{
    /// <summary><c>page-code</c>: the modules of a QR code, for whoever draws it.</summary>
    public static CommandSpec<PageCodeRequest, PageCodeInfo> PageCode { get; } = new(
        "page-code", CommandGroup.Page, "The modules of a QR code, for whoever draws it.", json => json.PageCodeInfo,
        new ArgumentList<PageCodeRequest>()
            .Operand("text", "What the code shall say.", r => r.Text, (r, v) => r.Text = v))
    {
        IsBrief = true,
        Rendering = static (screen, code) =>
        {
            foreach (string row in code.Rows)
                screen.Line(row);
        },
    };
}
