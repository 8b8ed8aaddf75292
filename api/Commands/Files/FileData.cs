namespace QuicProChat.Mesh.Api;

/// <summary>What <c>file-data</c> takes.</summary>
public sealed record FileDataRequest
{
    /// <summary>Bytes of a file in one request, at most: in base64 they fit into a line.</summary>
    public const int MaxBytes = 192 << 10;

    /// <summary>What <c>file-begin</c> answered.</summary>
    public string? Upload { get; set; }

    /// <summary>The next bytes in base64.</summary>
    public string? Data { get; set; }
}

/// <summary>How much of a file has come.</summary>
/// <param name="Received">Bytes in all.</param>
public sealed record FileDataInfo(long Received);

/// <content><c>file-data</c>.</content>
public static partial class Commands
{
    /// <summary><c>file-data</c>: brings the next bytes of a file; for programs.</summary>
    public static CommandSpec<FileDataRequest, FileDataInfo> FileData { get; } = new(
        "file-data", CommandGroup.Files, "For programs: brings the next bytes of a file.", json => json.FileDataInfo,
        new ArgumentList<FileDataRequest>()
            .Operand("upload", "What file-begin answered.", r => r.Upload, (r, v) => r.Upload = v)
            .Operand("data", "The next bytes in base64.", r => r.Data, (r, v) => r.Data = v, takesInput: true))
    {
        IsBrief = true,
    };
}
