namespace QuicProChat.Mesh.Api;

/// <summary>What <c>file-begin</c> takes.</summary>
public sealed record FileBeginRequest
{
    /// <summary>What the file is called; folders in front are dropped.</summary>
    public string? Name { get; set; }

    /// <summary>Bytes of the file.</summary>
    public int? Size { get; set; }

    /// <summary>A small picture of it in base64: PNG, JPEG or WebP of at most 2,048 bytes without metadata.</summary>
    public string? Thumbnail { get; set; }
}

/// <summary>Where the bytes of a file are to be brought.</summary>
/// <param name="Upload">Names the upload: 32 hexadecimal digits.</param>
public sealed record FileBeginInfo(string Upload);

/// <content><c>file-begin</c>.</content>
public static partial class Commands
{
    /// <summary><c>file-begin</c>: begins to bring a file; for programs.</summary>
    public static CommandSpec<FileBeginRequest, FileBeginInfo> FileBegin { get; } = new(
        "file-begin", CommandGroup.Files, "For programs: begins to bring the bytes of a file.",
        json => json.FileBeginInfo,
        new ArgumentList<FileBeginRequest>()
            .Operand("name", "What the file is called.", r => r.Name, (r, v) => r.Name = v)
            .Number("size", "BYTES", "Bytes of the file.", r => r.Size, (r, v) => r.Size = v)
            .Option("thumbnail", "BASE64", "A small picture of it.", r => r.Thumbnail, (r, v) => r.Thumbnail = v))
    {
        IsBrief = true,
    };
}
