namespace QuicProChat.Mesh.Api;

/// <summary>What <c>file-cancel</c> takes.</summary>
public sealed record FileCancelRequest
{
    /// <summary>The message with the offer.</summary>
    public string? Id { get; set; }
}

/// <content><c>file-cancel</c>.</content>
public static partial class Commands
{
    /// <summary><c>file-cancel</c>: stops a file and deletes its bytes.</summary>
    public static CommandSpec<FileCancelRequest, DoneInfo> FileCancel { get; } = new(
        "file-cancel", CommandGroup.Files,
        "Stops fetching or offering a file, and deletes its bytes here; the message stays.", json => json.DoneInfo,
        new ArgumentList<FileCancelRequest>()
            .Operand("id", "The message with the offer.", r => r.Id, (r, v) => r.Id = v))
    {
        IsBrief = true,
        Console = [new("/file cancel", "ID", "stop a file, and delete its bytes here")],
    };
}
