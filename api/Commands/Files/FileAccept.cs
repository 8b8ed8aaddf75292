namespace QuicProChat.Mesh.Api;

/// <summary>What <c>file-accept</c> takes.</summary>
public sealed record FileAcceptRequest
{
    /// <summary>The message with the offer.</summary>
    public string? Id { get; set; }

    /// <summary>It may cross radios.</summary>
    public bool OverRadio { get; set; }
}

/// <content><c>file-accept</c>.</content>
public static partial class Commands
{
    /// <summary><c>file-accept</c>: fetches a file.</summary>
    public static CommandSpec<FileAcceptRequest, FileTransferInfo> FileAccept { get; } = new(
        "file-accept", CommandGroup.Files, "Fetches a file that somebody offers.", json => json.FileTransferInfo,
        new ArgumentList<FileAcceptRequest>()
            .Operand("id", "The message with the offer.", r => r.Id, (r, v) => r.Id = v)
            .Flag("overRadio", "It may cross radios.", r => r.OverRadio, (r, v) => r.OverRadio = v))
    {
        IsBrief = true,
        Rendering = (screen, file) => screen.Line(file.Describe()),
    };
}
