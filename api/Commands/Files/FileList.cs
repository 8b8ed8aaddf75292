namespace QuicProChat.Mesh.Api;

/// <summary>What <c>file-list</c> takes.</summary>
public sealed record FileListRequest
{
    /// <summary>Files where nothing is said.</summary>
    public const int UsualLimit = 100;

    /// <summary>A conversation; null for all.</summary>
    public string? In { get; set; }

    /// <summary>How many at most, the newest; null for <see cref="UsualLimit"/>.</summary>
    public int? Limit { get; set; }
}

/// <content><c>file-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>file-list</c>: files of conversations.</summary>
    public static CommandSpec<FileListRequest, IReadOnlyList<FileTransferInfo>> FileList { get; } = new(
        "file-list", CommandGroup.Files, "Files of conversations, offered and here.",
        json => json.IReadOnlyListFileTransferInfo,
        new ArgumentList<FileListRequest>()
            .OptionalOperand("in", "An alias, an address, group:NAME, self.", r => r.In, (r, v) => r.In = v)
            .Number("limit", "N", "The newest N.", r => r.Limit, (r, v) => r.Limit = v))
    {
        Console = [new("/files", "[PEER]", "files of conversations, offered and here")],
        Rendering = (screen, files) =>
        {
            foreach (FileTransferInfo file in files)
                screen.Line(file.Describe());
            if (files.Count == 0)
                screen.Line("no files");
        },
    };
}
