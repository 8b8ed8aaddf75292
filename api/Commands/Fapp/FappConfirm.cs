namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-confirm</c> takes.</summary>
public sealed record FappConfirmRequest
{
    /// <summary>The request: its id, or the first digits of it.</summary>
    public string? Id { get; set; }
}

/// <content><c>fapp-confirm</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-confirm</c>: books a request.</summary>
    public static CommandSpec<FappConfirmRequest, FappRequestInfo> FappConfirm { get; } = new(
        "fapp-confirm", CommandGroup.Fapp, "Books a request: one that was drawn, or another for clinical reasons.",
        json => json.FappRequestInfo,
        new ArgumentList<FappConfirmRequest>()
            .Operand("id", "The request: its id, or the first digits of it.", r => r.Id, (r, v) => r.Id = v))
    {
        IsBrief = true,
        Console = [new("/fapp confirm", "ID", "book a request")],
    };
}
