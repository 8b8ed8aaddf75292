namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-no-show</c> takes.</summary>
public sealed record FappNoShowRequest
{
    /// <summary>The request: its id, or the first digits of it.</summary>
    public string? Id { get; set; }
}

/// <content><c>fapp-no-show</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-no-show</c>: notes that nobody came.</summary>
    public static CommandSpec<FappNoShowRequest, FappRequestInfo> FappNoShow { get; } = new(
        "fapp-no-show", CommandGroup.Fapp, "Notes that nobody came to what was booked.", json => json.FappRequestInfo,
        new ArgumentList<FappNoShowRequest>()
            .Operand("id", "The request: its id, or the first digits of it.", r => r.Id, (r, v) => r.Id = v))
    {
        IsBrief = true,
        Console = [new("/fapp no-show", "ID", "nobody came")],
    };
}
