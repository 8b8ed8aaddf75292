namespace QuicProChat.Mesh.Api;

/// <summary>What <c>file-offer</c> takes.</summary>
public sealed record FileOfferRequest
{
    /// <summary>An address, an alias, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? To { get; set; }

    /// <summary>What <c>file-begin</c> answered; all bytes have come.</summary>
    public string? Upload { get; set; }

    /// <summary>It may cross radios.</summary>
    public bool OverRadio { get; set; }
}

/// <content><c>file-offer</c>.</content>
public static partial class Commands
{
    /// <summary><c>file-offer</c>: offers a file that was brought; for programs.</summary>
    public static CommandSpec<FileOfferRequest, FileTransferInfo> FileOffer { get; } = new(
        "file-offer", CommandGroup.Files, "For programs: offers a file that was brought. People use file send.",
        json => json.FileTransferInfo,
        new ArgumentList<FileOfferRequest>()
            .Operand("to", "An address, an alias, group:NAME, self.", r => r.To, (r, v) => r.To = v)
            .Operand("upload", "What file-begin answered.", r => r.Upload, (r, v) => r.Upload = v)
            .Flag("overRadio", "It may cross radios.", r => r.OverRadio, (r, v) => r.OverRadio = v))
    {
        Rendering = (screen, file) => screen.Line(file.Describe()),
    };
}
