namespace QuicProChat.Mesh.Api;

/// <summary>What <c>file-show</c> takes.</summary>
public sealed record FileShowRequest
{
    /// <summary>The message with the offer.</summary>
    public string? Id { get; set; }
}

/// <content><c>file-show</c>.</content>
public static partial class Commands
{
    /// <summary><c>file-show</c>: how far a file is.</summary>
    public static CommandSpec<FileShowRequest, FileTransferInfo> FileShow { get; } = new(
        "file-show", CommandGroup.Files, "How far a file is.", json => json.FileTransferInfo,
        new ArgumentList<FileShowRequest>().Operand("id", "The message with the offer.", r => r.Id, (r, v) => r.Id = v))
    {
        IsBrief = true,
        Console = [new("/file show", "ID", "how far a file is")],
        Rendering = (screen, file) => screen.Line(file.Describe()),
    };
}
