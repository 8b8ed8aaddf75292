using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>What <c>file-read</c> takes.</summary>
public sealed record FileReadRequest
{
    /// <summary>The message with the offer.</summary>
    public string? Id { get; set; }

    /// <summary>From which byte on; null for the first.</summary>
    public int? Offset { get; set; }
}

/// <summary>Some bytes of a file.</summary>
/// <param name="Name">What the file is called, cleaned.</param>
/// <param name="Size">Bytes of the file.</param>
/// <param name="Offset">Where these are.</param>
/// <param name="Data">The bytes in base64: at most 64 KiB; none at the end.</param>
public sealed record FileReadInfo(string Name, long Size, long Offset, string Data)
{
    /// <summary>With the first bytes: the file's MIME type as this node sees it, whatever its offer says.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MediaType { get; init; }
}

/// <content><c>file-read</c>.</content>
public static partial class Commands
{
    /// <summary><c>file-read</c>: bytes of a file that is here; for programs.</summary>
    public static CommandSpec<FileReadRequest, FileReadInfo> FileRead { get; } = new(
        "file-read", CommandGroup.Files, "For programs: bytes of a file that is here. People use file save.",
        json => json.FileReadInfo,
        new ArgumentList<FileReadRequest>()
            .Operand("id", "The message with the offer.", r => r.Id, (r, v) => r.Id = v)
            .Number("offset", "BYTES", "From which byte on.", r => r.Offset, (r, v) => r.Offset = v));
}
